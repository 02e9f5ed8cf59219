import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { HookClient } from '../../../src/listener/held-hooks.js';
import { HoldBudget } from '../../../src/listener/hold-budget.js';
import type { HttpListener } from '../../../src/listener/http/listener.js';
import type { LiveOptions } from '../../../src/listener/http/live-relay.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { liveMatcher } from '../../../src/protocol/http/live.js';
import type { RelayEngine } from '../../../src/relay/relay.js';
import { CountedAliases } from '../../helpers/counted.js';
import { OPEN_GATE } from '../../helpers/gate.js';
import { NO_HOOK_CLIENT } from '../../helpers/held-hooks.js';
import { httpListener } from '../../helpers/http-listener.js';
import { Acceptor } from '../../helpers/sockets.js';
import { until } from '../../helpers/until.js';

export const OWNER = { id: 'c001', generation: 1 };
const MOUNT = { vhost: '__defaultVhost__', mount: '[vhost]/[app]/[stream].flv', isEdge: false };
export const HEAD = 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Type: video/x-flv\r\n\r\n';

/** A listener before one child that the test plays, and what became of both. */
export class Rig {
  readonly engine: RelayEngine;
  readonly child: Acceptor;
  readonly listener: HttpListener;
  readonly aliases = new CountedAliases();
  /** Streams that are published. */
  readonly published = new Set<string>(['__defaultVhost__/live/x']);
  readonly waiting: (() => void)[] = [];
  /** Calls of hooks for clients that waited. */
  readonly told: string[] = [];
  readonly holds = new HoldBudget({ heldPlayers: 3, heldPlayersPerIp: 2 });
  /** Verdict of `on_play`. */
  verdict: Promise<boolean> = Promise.resolve(true);
  released = 0;
  deleted = 0;
  hasChild = true;

  private constructor(engine: RelayEngine, child: Acceptor, live: Partial<LiveOptions>) {
    this.engine = engine;
    this.child = child;
    this.listener = httpListener({
      plugins: [
        async (app) => {
          app.get('/page', async () => 'a page');
          app.delete('/page', async () => {
            this.deleted += 1;
            return 'deleted';
          });
        },
      ],
      live: {
        match: liveMatcher([MOUNT], [MOUNT.vhost]),
        whenPublished: (stream, signal) => this.#whenPublished(stream, signal),
        gate: OPEN_GATE,
        route: async () => this.#route(),
        engine,
        aliases: this.aliases,
        waitMs: 30_000,
        holds: this.holds,
        hooks: { open: ({ ip }) => this.#hookClient(ip) },
        server: 'SRS/7.0.18(Hang)',
        logger: silentLogger,
        ...live,
      },
      logger: live.logger ?? silentLogger,
    });
  }

  #hookClient(ip: string): HookClient {
    const tell = (text: string) => void this.told.push(text);
    return {
      ...NO_HOOK_CLIENT,
      play: ({ name, tcUrl, param, pageUrl }) => {
        tell(`play ${ip} ${name.stream} ${tcUrl} ${param} ${pageUrl}`);
        return this.verdict;
      },
      goesBy: (alias) => tell(`goes by ${alias}`),
      served: () => tell('served'),
      leave: () => tell('leave'),
    };
  }

  static async open(engine: RelayEngine, live: Partial<LiveOptions> = {}): Promise<Rig> {
    const rig = new Rig(engine, await Acceptor.open(), live);
    await rig.listener.start();
    return rig;
  }

  get port(): number {
    return this.listener.address()?.port ?? 0;
  }

  /** A client that has sent this, and all that it has read so far. */
  async client(text: string): Promise<Client> {
    return Client.open(this.port, text);
  }

  async empties(): Promise<void> {
    await until('nobody is left', () => this.listener.summary().connections === 0);
    assert.deepEqual([...this.aliases.taken], []);
  }

  async close(): Promise<void> {
    await this.listener.close();
    await this.engine.close();
    await this.child.close();
  }

  publish(stream: string): void {
    this.published.add(stream);
    for (const wake of this.waiting) wake();
  }

  #route() {
    if (!this.hasChild) return null;
    const ports = { rtmp: 0, http: this.child.port, api: 0, rtc: 0, srt: 0 };
    return { owner: OWNER, host: '127.0.0.1', ports, release: () => void this.released++ };
  }

  #whenPublished(stream: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = () => this.published.has(stream) && resolve(true);
      answer();
      if (signal.aborted) return resolve(false);
      this.waiting.push(answer);
      signal.addEventListener('abort', () => resolve(false));
    });
  }
}

/** An HTTP client, and the text that it has read. */
export class Client {
  readonly socket: Socket;
  text = '';
  isClosed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => {
      this.text += bytes.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async open(port: number, text: string): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const client = new Client(socket);
    await once(socket, 'connect');
    socket.write(text);
    return client;
  }

  async reads(text: string | RegExp): Promise<void> {
    const found = () =>
      typeof text === 'string' ? this.text.includes(text) : text.test(this.text);
    await until(() => `'${text}' in '${this.text}'`, found);
  }

  async ends(): Promise<void> {
    await until('the connection has ended', () => this.isClosed || this.socket.readableEnded);
    this.socket.end();
    await until('the connection is closed', () => this.isClosed);
  }
}
