import { formatAddress } from '../config/address.js';
import { authorizationOf } from '../config/credentials.js';
import type { FixedOrigin } from '../config/fixed-origin.js';
import { type ApiAddress, apiFault, type OriginLife } from './life.js';
import type { Origins } from './origins.js';

export interface FixedOptions {
  readonly origins: Origins;
  /** Returns the configured origins; one that is not named any more gets no heartbeats. */
  readonly fixed: () => readonly FixedOrigin[];
  /** See `OriginsOptions`. */
  readonly reach: (host: string, port: number) => Promise<void>;
  readonly lifeAt: (address: ApiAddress) => Promise<OriginLife>;
  /** Returns the default `Authorization` header for their HTTP APIs, or null. */
  readonly authorization: () => string | null;
}

const EVERY_MS = 2000;

/** Sends heartbeats on behalf of the configured origins that send none, while they answer. */
export class FixedOrigins {
  readonly #options: FixedOptions;
  readonly #asked = new Set<FixedOrigin>();
  #isStarted = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: FixedOptions) {
    this.#options = options;
  }

  /** Resolves when each has been polled once. */
  async start(): Promise<void> {
    this.#isStarted = true;
    await this.renew();
  }

  /** Goes by the configured origins as they are now. Resolves when each has been polled once. */
  async renew(): Promise<void> {
    if (!this.#isStarted) return;
    if (this.#options.fixed().length === 0) return this.#stop();
    this.#timer ??= setInterval(() => void this.#beatAll(), EVERY_MS).unref();
    await this.#beatAll();
  }

  async close(): Promise<void> {
    this.#isStarted = false;
    this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
  }

  async #beatAll(): Promise<void> {
    const free = this.#options.fixed().filter((one) => !this.#asked.has(one));
    await Promise.all(free.map((one) => this.#beat(one)));
  }

  /** Never rejects: an origin that does not answer gets no heartbeat and expires. */
  async #beat(origin: FixedOrigin): Promise<void> {
    const { host, ports, auth } = origin;
    const { origins } = this.#options;
    const authorization = authorizationOf(auth) ?? this.#options.authorization();
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

  /** Identifies the origin's process by its API; without an API all processes count as one. */
  async #lifeOf({ host, ports }: FixedOrigin, authorization: string | null): Promise<OriginLife> {
    const { reach, lifeAt } = this.#options;
    if (ports.api !== 0) return lifeAt({ host, port: ports.api, authorization });
    await reach(host, ports.rtmp);
    return { server: `${host}-${ports.rtmp}`, service: 'fixed', pid: 0 };
  }
}
