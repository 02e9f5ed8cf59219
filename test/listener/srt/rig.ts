import { AliasBook } from '../../../src/listener/aliases.js';
import type { ConnectionLimits } from '../../../src/listener/budget.js';
import type { Route } from '../../../src/listener/route.js';
import { SrtListener, type SrtListenerParts } from '../../../src/listener/srt/listener.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { type Handshake, parseHandshake } from '../../../src/protocol/srt/handshake.js';
import { openUdpRelay } from '../../../src/relay/engine.js';
import type { UdpRelay, UdpRelayOptions } from '../../../src/relay/udp.js';
import { OPEN_GATE } from '../../helpers/gate.js';
import { SrtCaller, SrtChild } from '../../helpers/srt-caller.js';
import { until } from '../../helpers/until.js';

/** `threads`: the native one, on several of them. */
export type RigEngine = 'portable' | 'native' | 'threads';

const THREADS = [null, null, null];
const NO_PORTS = { rtmp: 9, http: 9, api: 9, rtc: 9 };

/** An SRT listener of the test's own, with children that speak SRT. */
export class SrtRig {
  readonly listener: SrtListener;
  readonly aliases = new AliasBook();
  readonly children: SrtChild[] = [];
  /** The SRT port of the next route; null: no child takes it. */
  route: number | null = null;
  readonly asked: string[] = [];
  released = 0;
  /** Handshakes that the relay did not answer itself. */
  readonly shaken: Handshake[] = [];
  readonly #callers: SrtCaller[] = [];

  constructor(
    engine: RigEngine,
    options: Partial<SrtListenerParts> = {},
    limits: ConnectionLimits = { connections: 1000, connectionsPerIp: 0 },
  ) {
    this.listener = new SrtListener({
      address: { host: '127.0.0.1', port: 0 },
      limits,
      gate: OPEN_GATE,
      route: async (stream, role) => this.#route(`${role} ${stream}`),
      aliases: this.aliases,
      vhosts: () => ['__defaultVhost__'],
      defaultApp: 'live',
      defaultStreamId: null,
      openRelay: (relay) => this.#open(engine, relay),
      someChild: () => (this.route === null ? null : { ip: '127.0.0.1', port: this.route }),
      logger: silentLogger,
      ...options,
    });
  }

  /** With so many children, which ask for keys of `8 * encryption` bytes. */
  async start({ children = 1, encryption = 0 } = {}): Promise<this> {
    for (let count = 0; count < children; count += 1) {
      const child = await new SrtChild().open();
      child.encryption = encryption;
      this.children.push(child);
    }
    this.route = this.children[0]?.port ?? null;
    await this.listener.start();
    return this;
  }

  get port(): number {
    return this.listener.address()?.port ?? 0;
  }

  async caller(ip?: string): Promise<SrtCaller> {
    const caller = await new SrtCaller().open(ip);
    caller.target = this.port;
    this.#callers.push(caller);
    return caller;
  }

  /** Waits until nobody is connected and nothing is kept. */
  async empties(): Promise<void> {
    const { connections } = this.listener;
    await until('nobody is connected', () => connections.size === 0);
  }

  async close(): Promise<void> {
    await this.listener.close();
    await Promise.all([...this.#callers, ...this.children].map((party) => party.close()));
  }

  #open(engine: RigEngine, options: UdpRelayOptions): Promise<UdpRelay> {
    const onStranger: UdpRelayOptions['onStranger'] = (packet, from) => {
      const parsed = parseHandshake(packet);
      if (parsed.kind === 'value') this.shaken.push(parsed.value);
      options.onStranger(packet, from);
    };
    const threads = { logger: silentLogger, cpu: null, cpus: engine === 'threads' ? THREADS : [] };
    const name = engine === 'portable' ? 'portable' : 'native';
    return openUdpRelay(name, { ...options, onStranger }, threads);
  }

  #route(asked: string): Route | null {
    this.asked.push(asked);
    if (this.route === null) return null;
    const number = 1 + this.children.findIndex(({ port }) => port === this.route);
    const owner = { id: `c00${number}`, generation: 1 };
    const ports = { ...NO_PORTS, srt: this.route };
    return { owner, host: '127.0.0.1', ports, release: () => void this.released++ };
  }
}
