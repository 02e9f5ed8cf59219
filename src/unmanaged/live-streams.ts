import { objectOf, parseJson, rowsOf, textOf } from '../api/json.js';
import { exchange } from '../child/exchange.js';
import { isPlainKey, type StreamKey, streamKey } from '../stream-key.js';

/** An origin's HTTP API. */
export interface ApiAddress {
  readonly host: string;
  readonly port: number;
  /** `Authorization`, or null. */
  readonly authorization: string | null;
}

/** All of them: SRS sends ten where it is not told how many. */
const QUESTIONS = ['/api/v1/streams/?count=1000000', '/api/v1/vhosts/?count=1000000'];

/** Asks an origin what is being published in it. Rejects where it does not answer. */
export async function liveStreams(address: ApiAddress): Promise<Set<StreamKey>> {
  const questions = QUESTIONS.map((path) => ({ method: 'GET' as const, path }));
  const [streams = '', vhosts = ''] = await exchange(address, questions);
  return liveIn(streams, vhosts);
}

/** Reads SRS's two lists: a stream names its vhost by an id. */
export function liveIn(streams: string, vhosts: string): Set<StreamKey> {
  const names = new Map(
    rowsOf(parseJson(vhosts), 'vhosts').map((row) => [textOf(row, 'id'), textOf(row, 'name')]),
  );
  const keys = rowsOf(parseJson(streams), 'streams')
    .filter((row) => objectOf(row, 'publish').active === true)
    .flatMap((row) => {
      const vhost = names.get(textOf(row, 'vhost'));
      const name = { app: textOf(row, 'app'), stream: textOf(row, 'name') };
      return vhost === undefined ? [] : streamKey({ vhost, ...name });
    });
  return new Set(keys.filter(isPlainKey));
}
