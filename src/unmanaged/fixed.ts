import { parseJson, textOf } from '../api/json.js';
import { exchange } from '../child/exchange.js';
import type { FixedOrigin } from '../config/fixed-origin.js';
import { messageOf } from '../errors.js';
import { type Logger, silentLogger } from '../logger.js';
import type { Origins } from './origins.js';

export interface FixedOptions {
  readonly origins: Pick<Origins, 'register'>;
  readonly fixed: readonly FixedOrigin[];
  /** As that of the Origins. */
  readonly reach: (host: string, port: number) => Promise<void>;
  /** What their HTTP APIs ask for, or null. */
  readonly authorization: string | null;
  readonly logger?: Logger;
}

const EVERY_MS = 2000;

/** Sends heartbeats for origins that send none, as long as they answer. */
export class FixedOrigins {
  readonly #options: FixedOptions;
  readonly #logger: Logger;
  readonly #asked = new Set<FixedOrigin>();
  #timer: NodeJS.Timeout | null = null;

  constructor(options: FixedOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
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
    const { host, ports } = origin;
    this.#asked.add(origin);
    try {
      const life = await this.#lifeOf(origin);
      if (this.#timer !== null) {
        this.#options.origins.register({ ...life, host, ports, device: '', cpu: 0 });
      }
    } catch (error) {
      this.#logger.debug({ host, port: ports.rtmp, reason: messageOf(error) }, 'no answer');
    } finally {
      this.#asked.delete(origin);
    }
  }

  /** By its API, where it has one; else all lives are one. */
  async #lifeOf({ host, ports }: FixedOrigin) {
    const { reach, authorization } = this.#options;
    if (ports.api === 0) {
      await reach(host, ports.rtmp);
      return { server: `${host}-${ports.rtmp}`, service: 'fixed', pid: 0 };
    }
    const question = { method: 'GET', path: '/api/v1/versions' } as const;
    const [text = ''] = await exchange({ host, port: ports.api, authorization }, [question]);
    const answer = parseJson(text);
    const server = textOf(answer, 'server');
    return { server, service: textOf(answer, 'service'), pid: Number(textOf(answer, 'pid')) };
  }
}
