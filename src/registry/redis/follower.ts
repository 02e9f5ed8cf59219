import { lookup } from 'node:dns/promises';
import type { Redis } from 'ioredis';
import { type Logger, silentLogger } from '../../logging/logger.js';
import type { RedisEndpoint } from './address.js';

export interface FollowerOptions {
  /** Connected by way of the Sentinels. */
  readonly client: Redis;
  /** One for each Sentinel, not connected yet. */
  readonly sentinels: readonly Redis[];
  /** Sentinel's name of the master. */
  readonly name: string;
  readonly logger?: Logger;
}

/** What a Sentinel says of the master. */
interface Word {
  readonly master: RedisEndpoint;
  /** The number of the failover that made it the master: the latest one is right. */
  readonly epoch: number;
}

const EVERY_MS = 500;

/**
 * Follows the master. A failover that somebody asks for leaves the old master up, and Sentinel makes it
 * a replica only after 8 s and more: what is written there until then is lost, and no error says so.
 * So all Sentinels are asked twice a second.
 */
export class Follower {
  /** Told when the map is in another server: what was written to the old one meanwhile is not there. */
  onMoved: () => void = () => {};
  readonly #options: FollowerOptions;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  /** Where the client was when that was the master. */
  #at: string | null = null;
  /** Where it was sent. */
  #wanted: string | null = null;
  #isAsking = false;
  #isBlind = false;

  /** Begins at once. */
  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#timer = setInterval(() => void this.#tick(), EVERY_MS).unref();
  }

  /** Asks no more; the client is its owner's to end. */
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

  /** Null where it does not answer, or does not know. */
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

  /** While it is on its way the client asks the Sentinels itself. */
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

  /** Only from a connection that stands: one that is being made would end the client for good. */
  #leave(at: string, master: string): void {
    if (this.#wanted !== master) {
      this.#logger.warn({ from: at, to: master }, 'Sentinel names another master: going there');
    }
    this.#wanted = master;
    this.#options.client.disconnect(true);
  }

  #arrived(at: string): void {
    const from = this.#at;
    this.#at = at;
    this.#wanted = null;
    if (from === null || from === at) return;
    this.#logger.warn({ from, to: at }, 'the map is in another master: all claims are renewed');
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

/** Sentinels may name a host. */
async function addressOf({ host, port }: RedisEndpoint): Promise<string> {
  const address = await lookup(host).then(
    (found) => found.address,
    () => host,
  );
  return `${address} ${port}`;
}
