import type { WaitingPlayer } from '../../listener/held-hooks.js';
import { type Json, numberOf } from '../json.js';

/** Seconds over which SRS's rates are taken. */
const RATE_SECONDS = 30;

/**
 * Returns the row of a player that no child has: one that waits, as SRS shows one of an absent
 * stream, or one that we serve.
 */
export function heldClient(player: WaitingPlayer, now: number): Json {
  const { id, ip, type, name, url, tcUrl, pageUrl, since, carrier } = player;
  return {
    ...{ id, vhost: player.vhostId, stream: player.streamId, ip },
    ...{ pageUrl, swfUrl: '', tcUrl, url, name: name.stream, type, publish: false },
    alive: (now - since) / 1000,
    ...trafficOf(player, now),
    child: carrier?.child ?? null,
  };
}

/**
 * Returns one row per player: that of its stream, with the player as its only client. Streams of
 * other boxes are theirs to list.
 */
export function heldStreams(players: readonly WaitingPlayer[], now: number): Json[] {
  const here = players.filter(({ carrier }) => carrier === null || carrier.child !== null);
  return here.map((player) => {
    const { streamId, vhostId, name, tcUrl, url } = player;
    return {
      ...{ id: streamId, name: name.stream, vhost: vhostId, app: name.app, tcUrl, url },
      ...{ live_ms: 0, clients: 1, frames: 0, ...trafficOf(player, now) },
      ...{ publish: { active: false }, video: null, audio: null, child: null },
    };
  });
}

/** As SRS has it, a rate is 0 at first; here it is that of the player's whole time. */
function trafficOf({ carrier, since }: WaitingPlayer, now: number): Json {
  const { sent = 0, received = 0 } = carrier?.traffic() ?? {};
  const seconds = (now - since) / 1000;
  const rate = (bytes: number) =>
    seconds < RATE_SECONDS ? 0 : Math.round((8 * bytes) / seconds / 1000);
  const kbps = { recv_30s: rate(received), send_30s: rate(sent) };
  return { send_bytes: sent, recv_bytes: received, kbps };
}

/** Adds waiting players to the counts of vhosts, and streams that no child has. */
export function withHeld(
  vhosts: readonly Json[],
  players: readonly WaitingPlayer[],
  absent: readonly Json[],
): Json[] {
  return vhosts.map((vhost) => {
    const theirs = players.filter(({ vhostId }) => vhostId === vhost.id);
    const sent = theirs.reduce((sum, { carrier }) => sum + (carrier?.traffic().sent ?? 0), 0);
    const streams = absent.filter((stream) => stream.vhost === vhost.id).length;
    const more = (name: string, count: number) => numberOf(vhost, name) + count;
    return {
      ...vhost,
      clients: more('clients', theirs.length),
      streams: more('streams', streams),
      send_bytes: more('send_bytes', sent),
    };
  });
}
