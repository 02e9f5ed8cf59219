import type { WaitingPlayer } from '../../listener/held-hooks.js';
import { type Json, numberOf } from '../json.js';

const NO_TRAFFIC = { send_bytes: 0, recv_bytes: 0, kbps: { recv_30s: 0, send_30s: 0 } };

/** Returns the row of a player that no child has, as SRS shows one of an absent stream. */
export function heldClient(player: WaitingPlayer, now: number): Json {
  const { id, ip, type, name, url, tcUrl, pageUrl, since } = player;
  return {
    ...{ id, vhost: player.vhostId, stream: player.streamId, ip },
    ...{ pageUrl, swfUrl: '', tcUrl, url, name: name.stream, type, publish: false },
    alive: (now - since) / 1000,
    ...NO_TRAFFIC,
    child: null,
  };
}

/** Returns one row per waiting player: that of its stream, with the player as its only client. */
export function heldStreams(players: readonly WaitingPlayer[]): Json[] {
  return players.map(({ streamId, vhostId, name, tcUrl, url }) => ({
    ...{ id: streamId, name: name.stream, vhost: vhostId, app: name.app, tcUrl, url },
    ...{ live_ms: 0, clients: 1, frames: 0, ...NO_TRAFFIC },
    ...{ publish: { active: false }, video: null, audio: null, child: null },
  }));
}

/** Adds waiting players to the counts of vhosts, and streams that no child has. */
export function withHeld(
  vhosts: readonly Json[],
  players: readonly WaitingPlayer[],
  absent: readonly Json[],
): Json[] {
  return vhosts.map((vhost) => {
    const clients = players.filter(({ vhostId }) => vhostId === vhost.id).length;
    const streams = absent.filter((stream) => stream.vhost === vhost.id).length;
    const more = (name: string, count: number) => numberOf(vhost, name) + count;
    return { ...vhost, clients: more('clients', clients), streams: more('streams', streams) };
  });
}
