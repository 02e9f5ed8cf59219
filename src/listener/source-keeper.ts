import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { takePlace } from '../child-access/places.js';
import { buildBlindHello, HANDSHAKE_SIZE } from '../protocol/rtmp/handshake.js';
import { PlayAnswers, type PlayState, playCommands } from '../protocol/rtmp/play.js';
import { DEFAULT_VHOST, nameOf, type StreamKey } from '../stream-key.js';
import { dial } from './dial.js';
import { readUntil } from './read-until.js';
import type { Route, Router } from './route.js';
import { atMost } from './within.js';

/** Source address of keepers, which no client has as its alias. */
export const KEEPER_ADDRESS = '127.0.83.82';
/** Most milliseconds that a publisher waits for its keeper, whose hook may take longer. */
const START_MS = 3000;
type Child = Pick<Route, 'host' | 'ports'>;

const HELLO = buildBlindHello(randomBytes(HANDSHAKE_SIZE));

/**
 * Keeps the sources of streams that are about to be published. Every 3 s SRS (7.0.18) deletes
 * sources without publisher and player, even while the publisher waits for the answer of
 * `on_publish`: the publisher is then accepted, but players get another source and see nothing. So
 * a player of ours comes before the publisher, and leaves at the first media.
 */
export function keepSources(route: Router, startMs = START_MS): Router {
  return async (stream, role, near) => {
    const found = await route(stream, role, near);
    const isOurs = found !== null && found.via === undefined && found.isForeign === undefined;
    if (!isOurs || role !== 'publish') return found;
    const leave = await keepSource(stream, found, startMs);
    const release: Route['release'] = (fault) => {
      leave();
      found.release(fault);
    };
    return { ...found, release };
  };
}

/**
 * Plays the stream in the child until its first media. Resolves when the player is there, or is
 * late, with a function that ends it earlier. Never rejects: without a keeper the stream is served
 * as by SRS alone.
 */
export async function keepSource(
  stream: StreamKey,
  child: Child,
  startMs = START_MS,
): Promise<() => void> {
  const leaving = new AbortController();
  const attending = attend(stream, child, leaving.signal).catch(() => {});
  await atMost(startMs, attending);
  return () => leaving.abort();
}

/** Resolves when the child serves our player. */
async function attend(
  stream: StreamKey,
  { host, ports }: Child,
  signal: AbortSignal,
): Promise<void> {
  const port = ports.rtmp;
  const giveBack = await takePlace('keeper', { host, port }, signal);
  const socket = await dial({ host, port, localAddress: KEEPER_ADDRESS }, signal).catch(
    (error: unknown) => {
      giveBack();
      throw error;
    },
  );
  const leave = () => socket.destroy();
  socket
    .on('error', () => {})
    .on('end', leave)
    .once('close', giveBack);
  signal.addEventListener('abort', leave);
  socket.on('close', () => signal.removeEventListener('abort', leave));
  socket.write(playOpening(stream));
  const answers = new PlayAnswers();
  const take = (bytes: Buffer) => playStateAfter(answers, bytes);
  const state = await readUntil(socket, take, signal).catch(() => null);
  if (state === 'started') leaveAtMedia(socket, answers);
  else leave();
}

function leaveAtMedia(socket: Socket, answers: PlayAnswers): void {
  socket.on('data', (bytes: Buffer) => {
    const outcome = answers.feed(bytes);
    if (outcome.kind !== 'value' || outcome.value === 'media') socket.destroy();
  });
  socket.resume();
}

/** Returns undefined until the source has its player. @throws Error if it is no RTMP */
export function playStateAfter(answers: PlayAnswers, bytes: Buffer): PlayState | undefined {
  const outcome = answers.feed(bytes);
  if (outcome.kind !== 'value') throw new Error('the child sent no RTMP');
  return outcome.value === 'asked' ? undefined : outcome.value;
}

/** Builds all that a player of ours says to a child. */
export function playOpening(key: StreamKey): Buffer {
  const { vhost, app, stream } = nameOf(key);
  const query = vhost === DEFAULT_VHOST ? '' : `?vhost=${vhost}`;
  const commands = playCommands(`rtmp://127.0.0.1/${app}${query}`, `${app}${query}`, stream);
  return Buffer.concat([HELLO, commands]);
}
