import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As much of SRS's HTTP API as tells who it is and what is published. */
export class FakeApi {
  service = 's1';
  live: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const text = JSON.stringify({ code: 0, ...this.#answer(request.url ?? '') });
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
    if (url.includes('/vhosts/')) return { vhosts: [{ id: 'v1', name: 'v' }] };
    const publish = { active: true };
    const streams = this.live.map((name) => ({ name, app: 'live', vhost: 'v1', publish }));
    return { server: 'vid-1', service: this.service, pid: '7', streams };
  }
}
