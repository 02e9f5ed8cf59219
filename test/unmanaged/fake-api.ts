import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** As much of SRS's HTTP API as tells who it is and what is published. */
export class FakeApi {
  service = 's1';
  live: string[] = [];
  vhost = 'v';
  /** `Authorization` that a request must have; null: none. */
  authorization: string | null = null;
  /** Put in the place of every answer; null: they are SRS's. */
  instead: ((socket: Socket) => void) | null = null;
  /** `Authorization` of each request, in their order. */
  readonly shown: (string | undefined)[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const { authorization } = request.headers;
      this.shown.push(authorization);
      if (this.instead !== null) return this.instead(request.socket);
      const isKnown = this.authorization === null || authorization === this.authorization;
      const text = isKnown ? JSON.stringify(this.#answer(request.url ?? '')) : '';
      response.statusCode = isKnown ? 200 : 401;
      response.setHeader('Content-Length', Buffer.byteLength(text)).end(text);
    });
  }

  static async start(): Promise<FakeApi> {
    const api = new FakeApi();
    api.#server.listen(0, '127.0.0.1');
    await once(api.#server, 'listening');
    return api;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #answer(url: string): Record<string, unknown> {
    const envelope = { code: 0, server: 'vid-1', service: this.service, pid: '7' };
    if (url.includes('/vhosts/')) return { ...envelope, vhosts: [{ id: 'v1', name: this.vhost }] };
    const publish = { active: true };
    const streams = this.live.map((name) => ({ name, app: 'live', vhost: 'v1', publish }));
    return { ...envelope, streams };
  }
}
