import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { FakeApi } from '../unmanaged/fake-api.js';

/** S0, S1 and S2 of RTMP. */
const S0S1S2 = Buffer.alloc(1 + 2 * 1536);
S0S1S2[0] = 3;

/** Registers as an origin, answers a handshake, and reports what the test wants. */
export class HostileOrigin {
  static #started = 0;
  readonly api: FakeApi;
  readonly #rtmp: Server;
  readonly #register: string;

  private constructor(api: FakeApi, rtmp: Server, register: string) {
    this.api = api;
    this.#rtmp = rtmp;
    this.#register = register;
  }

  static async start(adminPort: number): Promise<HostileOrigin> {
    const api = await FakeApi.start();
    api.vhost = '__defaultVhost__';
    api.service = `s${++HostileOrigin.#started}`;
    const rtmp = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.write(S0S1S2));
    }).listen(0, '127.0.0.1');
    await once(rtmp, 'listening');
    return new HostileOrigin(api, rtmp, `http://127.0.0.1:${adminPort}/api/v1/srs/register`);
  }

  /** Sends a heartbeat; returns the response's status and text. */
  async beat(): Promise<{ status: number; text: string }> {
    const { port } = this.#rtmp.address() as AddressInfo;
    const { service } = this.api;
    const life = { ip: '127.0.0.1', server: 'vid-1', service, pid: '7' };
    const ports = { rtmp: [`127.0.0.1:${port}`], api: [`127.0.0.1:${this.api.port}`] };
    const body = JSON.stringify({ ...life, ...ports });
    const headers = { connection: 'close' };
    const answer = await fetch(this.#register, { method: 'POST', body, headers });
    return { status: answer.status, text: await answer.text() };
  }

  /** Unregisters it, as an operator would. */
  async leave(): Promise<void> {
    await fetch(`${this.#register}?server=vid-1`, { method: 'DELETE' });
  }

  async dispose(): Promise<void> {
    this.#rtmp.close();
    await this.api.close();
  }
}
