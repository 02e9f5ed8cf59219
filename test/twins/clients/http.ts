import { Agent, request } from 'node:http';
import { until } from '../../helpers/until.js';
import type { HttpAct } from '../script.js';

export interface Answer {
  /** Null where the server hung up without one. */
  readonly status: string | null;
  /** `name: value` with the name in lower case, sorted. */
  readonly heads: readonly string[];
  readonly body: Buffer;
}

/** Bytes of a live stream that show how it begins. */
const LIVE_BYTES = 40_000;
/** Values that say nothing: when, and how long a body with the server's own ids in it is. */
const VAGUE = /^(date|content-length|etag|last-modified|keep-alive|x-request-id)$/;

/** A request whose answer may be long in coming. */
export interface Asked {
  readonly answer: Promise<Answer>;
  readonly leave: () => void;
}

export function beginToAsk(port: number, act: HttpAct): Asked {
  const leaving = new AbortController();
  return { answer: once(port, act, leaving.signal), leave: () => leaving.abort() };
}

/** Asks once, or until the answer is the one that is waited for. */
export async function askFor(port: number, act: HttpAct): Promise<Answer> {
  const isIt = ({ status, body }: Answer): boolean =>
    (act.status === undefined || status?.startsWith(`${act.status} `) === true) &&
    (act.has === undefined || body.includes(act.has));
  let last: Answer | null = null;
  const said = () => `${act.ask}: ${last?.status} ${last?.body.toString().slice(0, 600)}`;
  return until(
    said,
    async () => {
      last = await once(port, act);
      return isIt(last) && last;
    },
    30_000,
  );
}

function once(
  port: number,
  { ask, headers = {}, body = '', live = false }: HttpAct,
  signal?: AbortSignal,
): Promise<Answer> {
  const [method = 'GET', path = '/'] = ask.split(' ');
  const agent = new Agent({ keepAlive: false });
  return new Promise((resolve) => {
    const nothing = { status: null, heads: [], body: Buffer.alloc(0) };
    const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = { host: '127.0.0.1', port, method, path, agent, ...(signal && { signal }) };
    const asking = request({ ...options, headers: { ...length, ...headers } }, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      const done = () => {
        const { statusCode, statusMessage, rawHeaders } = answer;
        const heads = headLines(rawHeaders);
        resolve({ status: `${statusCode} ${statusMessage}`, heads, body: Buffer.concat(parts) });
      };
      // SRS sends a body even then, which is no HTTP.
      if (method === 'HEAD') done();
      answer.on('data', (bytes: Buffer) => {
        parts.push(bytes);
        size += bytes.length;
        if (!live || size < LIVE_BYTES) return;
        done();
        asking.destroy();
      });
      answer.on('end', done).on('error', () => {});
    });
    asking.setTimeout(20_000, () => asking.destroy());
    asking.on('error', () => resolve(nothing)).on('close', () => resolve(nothing));
    asking.end(body);
  });
}

/** Case does not count in a connection option, and a signature names the release. */
function shown(name: string, value: string): string {
  if (name === 'server') return value.replace(/\(.*\)/, '({name})');
  return name === 'connection' ? value.toLowerCase() : value;
}

function headLines(raw: readonly string[]): string[] {
  const lines: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? '';
    const value = raw[at + 1] ?? '';
    lines.push(`${name}: ${VAGUE.test(name) ? '{…}' : shown(name, value)}`);
  }
  return lines.sort();
}
