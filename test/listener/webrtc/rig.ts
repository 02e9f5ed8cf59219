import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, createServer, type Server as TcpServer } from 'node:net';
import { TrustedProxies } from '../../../src/listener/client-address.js';
import type { HttpListener } from '../../../src/listener/http/listener.js';
import type { Route } from '../../../src/listener/route.js';
import { RtcListener } from '../../../src/listener/webrtc/listener.js';
import { OfferTurns } from '../../../src/listener/webrtc/offer-turns.js';
import { rtcSignalling } from '../../../src/listener/webrtc/signalling.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { parseQuery } from '../../../src/protocol/query.js';
import { openUdpRelay } from '../../../src/relay/engine.js';
import { PortableEngine } from '../../../src/relay/portable/tcp.js';
import { OPEN_GATE } from '../../helpers/gate.js';
import { httpListener } from '../../helpers/http-listener.js';
import { freePort } from '../../helpers/ports.js';
import { offerText } from '../../helpers/sdp.js';
import { stunRequest } from '../../helpers/stun.js';
import { until } from '../../helpers/until.js';

/** Where a proxy that is trusted asks from. */
export const PROXY_ADDRESS = '127.0.0.2';
export const PASSWORD = 'c'.repeat(32);

/** A child's API and media port, which answers as SRS does and keeps what it got. */
class FakeChild {
  readonly asked: IncomingMessage[] = [];
  readonly datagrams: { readonly bytes: Buffer; readonly port: number }[] = [];
  readonly tcp: Buffer[] = [];
  readonly #api: Server;
  readonly #udp: UdpSocket = createSocket('udp4');
  readonly #tcp: TcpServer;
  #count = 0;

  constructor() {
    this.#api = createHttpServer((request, response) => {
      this.asked.push(request);
      const query = parseQuery(request.url ?? '');
      if (query.get('stream') === 'refused' || query.get('token') === 'wrong') {
        request.socket.destroy();
        return;
      }
      if (request.method === 'DELETE') {
        response.end();
        return;
      }
      this.#count += 1;
      const ufrag = query.get('ice-ufrag') ?? `child${this.#count}`;
      const text = offerText('recvonly').replaceAll('a=ice-ufrag:ufrg', `a=ice-ufrag:${ufrag}`);
      const ip = (query.get('eip') ?? '10.0.0.1:1').split(':').join(' ');
      const candidate = `a=candidate:0 1 udp 2130706431 ${ip} typ host generation 0`;
      const sdp = text
        .replaceAll(`p`.repeat(24), PASSWORD)
        .replaceAll('a=rtcp-mux', `a=rtcp-mux\r\n${candidate}`);
      const session = `${ufrag}:ufrg`;
      const location = `/rtc/v1/whip/?action=delete&token=t&app=live&stream=s&session=${session}`;
      if (request.url?.startsWith('/rtc/v1/play/')) {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ code: 0, server: 'vid-1', sdp, sessionid: session }));
        return;
      }
      response.writeHead(201, { 'Content-Type': 'application/sdp', Location: location });
      response.end(sdp);
    });
    this.#udp.on('message', (bytes, { port }) => this.datagrams.push({ bytes, port }));
    this.#tcp = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => this.tcp.push(bytes));
    });
  }

  async start(): Promise<Route['ports']> {
    this.#api.listen(0, '127.0.0.1');
    await once(this.#api, 'listening');
    const rtc = await freePort();
    this.#tcp.listen(rtc, '127.0.0.1');
    await once(this.#tcp, 'listening');
    this.#udp.bind(rtc, '127.0.0.1');
    await once(this.#udp, 'listening');
    const { port: api } = this.#api.address() as AddressInfo;
    return { api, rtc, rtmp: 0, http: 0, srt: 0 };
  }

  send(text: string, port: number): void {
    this.#udp.send(Buffer.from(text, 'latin1'), port, '127.0.0.1');
  }

  get texts(): string[] {
    return this.datagrams.map(({ bytes }) => bytes.toString('latin1'));
  }

  close(): void {
    this.#api.closeAllConnections();
    this.#api.close();
    this.#tcp.close();
    this.#udp.close();
  }
}

/** A client's UDP socket. */
export class FakeClient {
  readonly socket = createSocket('udp4');
  readonly got: string[] = [];

  static async open(): Promise<FakeClient> {
    const client = new FakeClient();
    client.socket.on('message', (bytes) => client.got.push(bytes.toString('latin1')));
    client.socket.bind(0, '127.0.0.1');
    await once(client.socket, 'listening');
    return client;
  }

  send(bytes: Buffer | string, port: number): void {
    this.socket.send(
      typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
      port,
      '127.0.0.1',
    );
  }
}

export interface Session {
  readonly status: number;
  readonly username: string;
  readonly location: string;
  readonly body: string;
}

/** Signalling and media port in front of fake children, on the portable engine. */
export class Rig {
  readonly children = [new FakeChild(), new FakeChild()];
  readonly released: string[] = [];
  readonly sessions: RtcListener;
  /**
   * False: the router has no child. Else it has that of the number in the stream's name, or the
   * first.
   */
  hasChild = true;
  /** Makes the error that the router throws; null: none. */
  fault: (() => Error) | null = null;
  isPublished = false;
  /** Tokens told, by their keys. */
  readonly bearers = new Map<string, string>();
  readonly #address = { host: '127.0.0.1', port: 0 };
  readonly http: HttpListener;
  readonly #clients: FakeClient[] = [];

  constructor(
    engine: 'portable' | 'native' = 'portable',
    elsewhere: (username: string) => Route | null = () => null,
    logger = silentLogger,
  ) {
    this.sessions = new RtcListener({
      address: this.#address,
      limits: { connections: 100, connectionsPerIp: 0 },
      maxSessions: 100,
      openUdp: (options) => openUdpRelay(engine, options, { logger: silentLogger, cpu: null }),
      join: (pair) => new PortableEngine().join(pair),
      elsewhere,
      // Tests that open a thousand connections may take longer than a browser has.
      proveMs: 60_000,
      logger: silentLogger,
    });
    const plugin = rtcSignalling({
      gate: OPEN_GATE,
      route: (stream) => this.#route(stream),
      isPublished: async () => this.isPublished,
      noteBearer: (key, token) => void this.bearers.set(key, token),
      sessions: this.sessions,
      offers: new OfferTurns(),
      way: { media: 'relay', candidates: () => ['192.0.2.9'], port: () => this.port },
      vhosts: [],
      secret: null,
      box: 'box1',
      answerMs: 10_000,
      logger,
    });
    this.http = httpListener({
      name: 'listen.api',
      trusted: new TrustedProxies([PROXY_ADDRESS]),
      plugins: [plugin],
    });
  }

  ports: Route['ports'][] = [];

  async start(): Promise<void> {
    this.ports = await Promise.all(this.children.map((child) => child.start()));
    this.#address.port = await freePort();
    await this.sessions.start();
    await this.http.start();
  }

  get port(): number {
    return this.sessions.address()?.port ?? 0;
  }

  get url(): string {
    return `http://127.0.0.1:${this.http.address()?.port}`;
  }

  async client(): Promise<FakeClient> {
    const client = await FakeClient.open();
    this.#clients.push(client);
    return client;
  }

  /** A session of `live/STREAM`; a name that ends with 2 is the second child's. */
  async session(stream: string, offer = offerText('recvonly')): Promise<Session> {
    const url = `${this.url}/rtc/v1/whep/?app=live&stream=${stream}`;
    const response = await fetch(url, { method: 'POST', body: offer });
    const body = await response.text();
    const location = response.headers.get('location') ?? '';
    const username = parseQuery(location).get('session') ?? '';
    return { status: response.status, username, location, body };
  }

  /** Sends checks from there until its child has one. */
  async check(client: FakeClient, { username }: Session, child = this.children[0]): Promise<void> {
    const check = stunRequest({ username, password: PASSWORD });
    await until('the check arrives', () => {
      client.send(check, this.port);
      return child?.datagrams.some(({ bytes }) => bytes.equals(check));
    });
  }

  async close(): Promise<void> {
    await this.http.close();
    await this.sessions.close();
    for (const { socket } of this.#clients) socket.close();
    for (const child of this.children) child.close();
  }

  async #route(stream: string): Promise<Route | null> {
    if (this.fault !== null) throw this.fault();
    const index = stream.endsWith('2') ? 1 : 0;
    const ports = this.ports[index];
    if (!this.hasChild || ports === undefined) return null;
    const owner = { id: `c00${index + 1}`, generation: 1 };
    const release = () => this.released.push(stream);
    return { owner, host: '127.0.0.1', ports, release };
  }
}
