import { type Json, objectOf, rowsOf, textOf } from '../api/json.js';
import { AnswerError, OF_CHILDREN } from '../child-access/exchange.js';
import { isPlainKey, type StreamKey, streamKey } from '../stream-key.js';
import { type ApiAddress, askOrigin, isSameProcess, lifeOf, type OriginLife } from './life.js';

/** Explicit counts, because SRS lists ten by default. */
const PATHS = ['/api/v1/streams/?count=1000000', '/api/v1/vhosts/?count=1000000'];
/** Most live streams; no SRS carries as many publishers. */
const MAX_LIVE = 5000;
/** Most characters of a stream key; SRS's own URLs are shorter. */
const MAX_KEY = 1024;

/** Asks one of our children which streams are published in it. Rejects if it does not answer. */
export async function liveStreams(address: ApiAddress): Promise<Set<StreamKey>> {
  const [streams = {}, vhosts = {}] = (await askOrigin(address, PATHS, OF_CHILDREN)).answers;
  return liveIn(streams, vhosts);
}

/**
 * Asks an origin which streams are published in it. Rejects if it does not answer, and with
 * AnswerError if another process answers or it reports too many streams.
 */
export async function liveInOrigin(
  address: ApiAddress,
  life: OriginLife,
): Promise<{ live: Set<StreamKey>; bytes: number }> {
  const { answers, bytes } = await askOrigin(address, PATHS);
  const [streams = {}, vhosts = {}] = answers;
  if (![streams, vhosts].every((answer) => isSameProcess(lifeOf(answer), life))) {
    throw new AnswerError('another process answers than the one that registered');
  }
  const live = liveIn(streams, vhosts);
  if (live.size > MAX_LIVE) throw new AnswerError(`more than ${MAX_LIVE} streams are published`);
  return { live, bytes };
}

/** Reads SRS's two lists: a stream names its vhost by id. */
export function liveIn(streams: Json, vhosts: Json): Set<StreamKey> {
  const names = new Map(
    rowsOf(vhosts, 'vhosts').map((row) => [textOf(row, 'id'), textOf(row, 'name')]),
  );
  const keys = rowsOf(streams, 'streams')
    .filter((row) => objectOf(row, 'publish').active === true)
    .flatMap((row) => {
      const vhost = names.get(textOf(row, 'vhost'));
      const name = { app: textOf(row, 'app'), stream: textOf(row, 'name') };
      return vhost === undefined ? [] : streamKey({ vhost, ...name });
    });
  return new Set(keys.filter((key) => key.length <= MAX_KEY && isPlainKey(key)));
}
