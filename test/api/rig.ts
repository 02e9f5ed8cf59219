import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { Api } from '../../src/api/api.js';
import { PACE, type Pace } from '../../src/api/pace.js';
import { rulesOf } from '../../src/api/rules.js';
import type { ApiChild, ApiIdentity, ApiSource } from '../../src/api/types.js';
import { Fleet } from '../../src/child/fleet.js';
import { NO_TEMPLATE, parseTemplate } from '../../src/child/template.js';
import type { ChildStatus } from '../../src/child/types.js';
import { OF_CHILDREN } from '../../src/child-access/exchange.js';
import type { WaitingPlayer } from '../../src/listener/held-hooks.js';
import type { StreamStatus } from '../../src/placement/types.js';
import { CONF, mini, portBase, real } from '../child/helpers.js';
import type { Origin } from '../helpers/origins.js';

export type Row = Readonly<Record<string, unknown>>;

export const IDENTITY: ApiIdentity = {
  server: 'vid-0123456',
  service: '76543210',
  pid: 4321,
  ppid: 1,
  argv: 'srs-supervisor run',
  cwd: '/tmp',
  version: '7.0.18',
  startedAt: Date.now(),
};

/** Quick, so that tests need not wait. */
export const QUICK: Pace = {
  ...PACE,
  everyMs: 200,
  idleMs: 200,
  firstMs: 20,
  freshMs: 50,
  retryMs: 100,
};

export interface BoxOptions {
  readonly origin: Origin;
  readonly children: number;
  readonly pace?: Pace;
  /** Text of a template. */
  readonly template?: string;
  /** The port that a child's API is asked on; default: its own. */
  readonly through?: (child: ChildStatus) => number;
}

/** Real children, and the merged API on a port of its own. */
export class TestBox {
  readonly fleet: Fleet;
  readonly api: Api;
  /** Placement's answer. */
  placed: StreamStatus[] = [];
  held: WaitingPlayer[] = [];
  readonly #app: FastifyInstance;
  readonly #workDir: string;

  private constructor(fleet: Fleet, options: BoxOptions, workDir: string) {
    this.fleet = fleet;
    this.#workDir = workDir;
    this.api = new Api({ source: this.#source(options), pace: options.pace ?? QUICK });
    this.#app = fastify({ forceCloseConnections: true });
    this.#app.decorateRequest('clientAddress', {
      getter() {
        return { ip: this.raw.socket.remoteAddress ?? '', port: 0 };
      },
    });
    this.#app.register(this.api.plugin);
  }

  static async start(options: BoxOptions): Promise<TestBox> {
    const workDir = await mkdtemp(join(tmpdir(), 'srs-supervisor-api-'));
    const template = options.template === undefined ? NO_TEMPLATE : parseTemplate(options.template);
    const fleet = new Fleet({
      binary: options.origin.name === 'srs' ? real : mini,
      cpus: Array.from({ length: options.children }, () => []),
      portBase: portBase(),
      conf: { ...CONF, template },
      env: process.env,
      workDir,
    });
    await fleet.start();
    const box = new TestBox(fleet, options, workDir);
    await box.api.start();
    await box.#app.listen({ host: '127.0.0.1', port: 0 });
    return box;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#app.server.address() as AddressInfo).port}`;
  }

  child(id: string): ChildStatus {
    const status = this.fleet.status(id);
    if (status === null) throw new Error(`no child ${id}`);
    return status;
  }

  rtmp(id: string, stream: string): string {
    return `rtmp://127.0.0.1:${this.child(id).ports.rtmp}/live/${stream}`;
  }

  async ask(path: string, init: RequestInit = {}): Promise<Row> {
    return (await (await fetch(this.url + path, init)).json()) as Row;
  }

  /** Asks one child itself. */
  async direct(id: string, path: string): Promise<Row> {
    const url = `http://127.0.0.1:${this.child(id).ports.api}${path}`;
    const response = await fetch(url, { headers: { connection: 'close' } });
    return (await response.json()) as Row;
  }

  async rows(name: 'vhosts' | 'streams' | 'clients', query = '?count=1000'): Promise<Row[]> {
    return (await this.ask(`/api/v1/${name}/${query}`))[name] as Row[];
  }

  async close(): Promise<void> {
    await this.#app.close();
    await this.api.close();
    await this.fleet.close();
    await rm(this.#workDir, { recursive: true, force: true });
  }

  #source({ template = '', through = ({ ports }) => ports.api }: BoxOptions): ApiSource {
    const toChild = (status: ChildStatus): ApiChild => {
      const { id, generation, state, pid } = status;
      const life = { id, generation, pid, ready: state === 'ready', port: through(status) };
      const { authorization } = rulesOf(parseTemplate(template), () => []);
      return { ...life, authorization, bounds: OF_CHILDREN };
    };
    return {
      identity: IDENTITY,
      rules: rulesOf(parseTemplate(template), () => ['__defaultVhost__']),
      children: () => this.fleet.statuses().map(toChild),
      held: () => this.held,
      endHeld: () => false,
      streams: async () => this.placed,
      clientOf: async (alias) =>
        alias === ALIAS ? { ip: ALIAS_CLIENT, connection: '1-00002a' } : null,
      ownAddress: OWN_ADDRESS,
      ports: () => ({ rtmp: 1935, api: 1985, listen: '1985' }),
      renewConfs: async () => {},
    };
  }
}

/** The one alias that is somebody's here. */
export const ALIAS = '127.9.8.7';
export const ALIAS_CLIENT = '192.0.2.7';
export const OWN_ADDRESS = '127.0.0.9';

/** A TCP hop that counts the connections that go through it. */
export class CountingHop {
  connections = 0;
  /** Open at one time, at the most. */
  peak = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #target: () => number;

  constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#join(socket));
  }

  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket): void {
    this.connections += 1;
    const far = connect({ host: '127.0.0.1', port: this.#target(), allowHalfOpen: true });
    this.#sockets.add(near);
    this.peak = Math.max(this.peak, this.#sockets.size);
    near.pipe(far).pipe(near);
    const end = () => {
      near.destroy();
      far.destroy();
      this.#sockets.delete(near);
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
  }
}
