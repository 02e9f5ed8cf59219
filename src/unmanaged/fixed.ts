import { formatAddress } from '../config/address.js';
import { authorizationOf } from '../config/credentials.js';
import type { FixedOrigin } from '../config/fixed-origin.js';
import { type ApiAddress, apiFault, type OriginLife } from './life.js';
import type { Origins } from './origins.js';

export interface FixedOptions {
  readonly origins: Origins;
  readonly fixed: readonly FixedOrigin[];
  /** As those of the Origins. */
  readonly reach: (host: string, port: number) => Promise<void>;
  readonly lifeAt: (address: ApiAddress) => Promise<OriginLife>;
  /** What the HTTP APIs of those ask for that say nothing else, as a header, or null. */
  readonly authorization: string | null;
}

const EVERY_MS = 2000;

/** Sends heartbeats for origins that send none, as long as they answer. */
export class FixedOrigins {
  readonly #options: FixedOptions;
  readonly #asked = new Set<FixedOrigin>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: FixedOptions) {
    this.#options = options;
  }

  /** Resolves when each has been asked once. */
  async start(): Promise<void> {
    if (this.#options.fixed.length === 0) return;
    this.#timer ??= setInterval(() => void this.#beatAll(), EVERY_MS).unref();
    await this.#beatAll();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }

  async #beatAll(): Promise<void> {
    const free = this.#options.fixed.filter((one) => !this.#asked.has(one));
    await Promise.all(free.map((one) => this.#beat(one)));
  }

  /** Never rejects: who does not answer gets no heartbeat, and is gone in time. */
  async #beat(origin: FixedOrigin): Promise<void> {
    const { host, ports, auth } = origin;
    const { origins } = this.#options;
    const authorization = authorizationOf(auth) ?? this.#options.authorization;
    const name = formatAddress({ host, port: ports.rtmp });
    this.#asked.add(origin);
    try {
      const life = await this.#lifeOf(origin, authorization);
      const beat = { ...life, host, ports, device: '', cpu: 0 };
      if (this.#timer === null) return;
      await origins.register(beat, { sender: null, authorization });
      origins.refusals.forget(name);
    } catch (error) {
      origins.refusals.note(name, apiFault(error, authorization !== null));
    } finally {
      this.#asked.delete(origin);
    }
  }

  /** By its API, where it has one; else all lives are one. */
  async #lifeOf({ host, ports }: FixedOrigin, authorization: string | null): Promise<OriginLife> {
    const { reach, lifeAt } = this.#options;
    if (ports.api !== 0) return lifeAt({ host, port: ports.api, authorization });
    await reach(host, ports.rtmp);
    return { server: `${host}-${ports.rtmp}`, service: 'fixed', pid: 0 };
  }
}
