import { type Agent, get, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a GET with exactly these headers: `fetch` adds `no-cache` to conditional requests. */
export function httpGet(
  url: string,
  headers: Record<string, string> = {},
  agent: Agent | false = false,
): Promise<Got> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent }, (response) => {
      const { statusCode: status = 0, headers } = response;
      buffer(response).then((body) => resolve({ status, headers, body }), reject);
    }).on('error', reject);
  });
}
