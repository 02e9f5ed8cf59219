import { lookup } from 'node:dns/promises';
import type { Redis } from 'ioredis';
import { type Logger, silentLogger } from '../../logging/logger.js';
import type { RedisEndpoint } from './address.js';

export interface FollowerOptions {
  /** Client that found its server through the Sentinels. */
  readonly client: Redis;
  /** One client per Sentinel, not connected yet. */
  readonly sentinels: readonly Redis[];
  /** Sentinel's name of the master. */
  readonly name: string;
  readonly logger?: Logger;
}

/** A Sentinel's answer about the master. */
interface Word {
  readonly master: RedisEndpoint;
  /** Number of the failover that made it the master; the highest is current. */
  readonly epoch: number;
}

const EVERY_MS = 500;

/**
 * Follows the master. After a failover by command the old master stays up, and Sentinel makes it a
 * replica only after 8 s or more: writes to it until then are lost without an error. So all
 * Sentinels are asked twice a second.
 */
export class Follower {
  /** Called when another server holds the map, which lacks the last writes to the old one. */
  onMoved: () => void = () => {};
  readonly #options: FollowerOptions;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  /** `ip port` of the connection when it last was to the master. */
  #at: string | null = null;
  /** `ip port` of the master to which the client is reconnecting. */
  #wanted: string | null = null;
  #isAsking = false;
  #isBlind = false;

  /** Starts at once. */
  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#timer = setInterval(() => void this.#tick(), EVERY_MS).unref();
  }

  /** Stops asking. The client's owner closes the client. */
  close(): void {
    clearInterval(this.#timer);
    for (const sentinel of this.#options.sentinels) sentinel.disconnect();
  }

  async #tick(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const words = await Promise.all(this.#options.sentinels.map((one) => this.#ask(one)));
      const known = words.filter((word) => word !== null).sort((a, b) => b.epoch - a.epoch);
      this.#see(known.length > 0);
      if (known[0] !== undefined) this.#compare(await addressOf(known[0].master));
    } finally {
      this.#isAsking = false;
    }
  }

  /** Asks one Sentinel; null if it does not answer or does not know. */
  async #ask(sentinel: Redis): Promise<Word | null> {
    const { name } = this.#options;
    try {
      if (sentinel.status === 'wait') await sentinel.connect();
      const [address, about] = (await Promise.all([
        sentinel.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name),
        sentinel.call('SENTINEL', 'MASTER', name),
      ])) as [string[] | null, string[]];
      if (address === null) return null;
      const [host = '', port] = address;
      const epoch = Number(about[about.indexOf('config-epoch') + 1]);
      return { master: { host, port: Number(port) }, epoch };
    } catch {
      return null;
    }
  }

  /**
   * Compares the connection with the master. While the client connects it asks the Sentinels
   * itself.
   */
  #compare(master: string): void {
    const { client } = this.#options;
    if (client.status !== 'ready') return;
    const { remoteAddress = '', remotePort = 0 } = client.stream as {
      remoteAddress?: string;
      remotePort?: number;
    };
    const at = `${remoteAddress} ${remotePort}`;
    if (at === master) this.#arrived(at);
    else this.#leave(at, master);
  }

  /** Reconnects, but only from an established connection: otherwise the client would end. */
  #leave(at: string, master: string): void {
    if (this.#wanted !== master) {
      this.#logger.warn(
        { from: at, to: master },
        'Sentinel names another master: reconnecting to it',
      );
    }
    this.#wanted = master;
    this.#options.client.disconnect(true);
  }

  #arrived(at: string): void {
    const from = this.#at;
    this.#at = at;
    this.#wanted = null;
    if (from === null || from === at) return;
    this.#logger.warn({ from, to: at }, 'connected to another master: all claims are renewed');
    this.onMoved();
  }

  #see(canSee: boolean): void {
    if (!canSee && !this.#isBlind) {
      const { name } = this.#options;
      this.#logger.warn({ name }, 'no Sentinel answers: a failover would not be seen at once');
    }
    this.#isBlind = !canSee;
  }
}

/** Resolves the master's address, since Sentinels may return a host name. */
async function addressOf({ host, port }: RedisEndpoint): Promise<string> {
  const address = await lookup(host).then(
    (found) => found.address,
    () => host,
  );
  return `${address} ${port}`;
}
