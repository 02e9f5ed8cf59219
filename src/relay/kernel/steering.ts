import { isIPv6 } from 'node:net';
import { SupervisorError } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';
import type { UdpEndpoint } from '../udp.js';
import { type FlowEnd, KernelFlow, LAG_MS } from './flow.js';
import { Nft } from './nft.js';
import {
  addCommand,
  countsIn,
  deleteCommand,
  forgetCommand,
  keyOf,
  listCommands,
  type Steered,
  type Table,
  tableCommand,
} from './rules.js';
import { IPv6Ports } from './udp6.js';

export interface SteeringOptions {
  readonly table: Table;
  /** A flow that is silent both ways for so long ends. */
  readonly idleMs: number;
  readonly logger: Logger;
}

const START_MS = 5000;
/** While the child has not answered on every flow, and afterwards. */
const READ_MS = { early: 1000, later: LAG_MS };

/** Steers clients' datagrams to children by a table of the kernel's: each client has a place. */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #nft: Nft;
  readonly #flows = new Map<string, KernelFlow>();
  readonly #ipv6 = new IPv6Ports();
  #askedAt = 0;
  #answeredAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;
  #ready: () => void = () => {};
  #refused: (reason: string) => void = () => {};

  /** Rejects with ERR_CONFIG where nft, a right or the kernel is wanting. */
  static async open(options: SteeringOptions): Promise<Steering> {
    const steering = new Steering(options);
    await steering.#start();
    return steering;
  }

  private constructor(options: SteeringOptions) {
    this.#options = options;
    this.#nft = new Nft({
      onLine: (line) => this.#read(line),
      onError: (text) => this.#refused(text),
    });
  }

  /** Resolves when `open` can tell whether children take that client; null: it can already. */
  learn({ ip }: UdpEndpoint): Promise<void> | null {
    return isIPv6(ip) ? this.#ipv6.refresh() : null;
  }

  /** Null where this client cannot be steered, or nobody can any more. */
  open(steered: Steered): KernelFlow | null {
    const { table } = this.#options;
    const key = keyOf(table, steered.client);
    if (this.#isOver || key === null || this.#flows.size >= table.size) return null;
    if (isIPv6(steered.client.ip) && !this.#ipv6.has(steered.childPort)) return null;
    this.#flows.get(key)?.destroy();
    const flow = new KernelFlow(steered, performance.now(), () => this.#stop(key, flow));
    this.#flows.set(key, flow);
    this.#nft.run(addCommand(table, steered));
    return flow;
  }

  /** Resolves when the table is gone. */
  async close(): Promise<void> {
    this.#isOver = true;
    clearInterval(this.#timer);
    await this.#nft.close();
    this.#endAll('destroyed');
  }

  async #start(): Promise<void> {
    const { table, logger } = this.#options;
    const answer = new Promise<string | null>((resolve) => {
      this.#ready = () => resolve(null);
      this.#refused = resolve;
    });
    const limit = setTimeout(() => this.#refused('nft does not answer'), START_MS);
    void this.#nft.ended.then((reason) => this.#refused(reason));
    this.#nft.run(tableCommand(table));
    this.#ask();
    const reason = await answer;
    clearTimeout(limit);
    if (reason !== null) {
      void this.#nft.close();
      throw new SupervisorError('ERR_CONFIG', reason);
    }
    this.#refused = (text) => logger.debug({ reason: text }, 'nft');
    this.#timer = setInterval(() => this.#look(performance.now()), READ_MS.early).unref();
    void this.#nft.ended.then((end) => this.#lose(end));
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#options.logger.warn(
      { reason },
      'rtc.media: nft is gone, sessions are relayed from here on',
    );
    this.#endAll('unsteerable');
  }

  #endAll(end: FlowEnd): void {
    for (const flow of this.#flows.values()) flow.end(end);
  }

  #stop(key: string, flow: KernelFlow): void {
    if (this.#flows.get(key) !== flow) return;
    this.#flows.delete(key);
    if (!this.#isOver) this.#nft.run(deleteCommand(this.#options.table, flow.steered));
  }

  #look(now: number): void {
    const flows = [...this.#flows.values()];
    // The last reading counts: no client is silent because we were held up.
    for (const flow of flows) flow.judge(this.#answeredAt, this.#options.idleMs);
    const every = flows.every(({ isProven }) => isProven) ? READ_MS.later : READ_MS.early;
    // Half an interval off: timers are not exact.
    if (flows.length > 0 && now - this.#askedAt > every - READ_MS.early / 2) this.#ask();
  }

  #ask(): void {
    this.#askedAt = performance.now();
    for (const command of listCommands(this.#options.table)) this.#nft.run(command);
  }

  #read(line: string): void {
    const counts = countsIn(line);
    if (counts === null) return;
    this.#ready();
    const now = performance.now();
    this.#answeredAt = now;
    for (const count of counts) {
      const flow = this.#flows.get(count.key);
      if (!count.set.startsWith('left')) flow?.count(count, now);
      else {
        this.#nft.run(forgetCommand(this.#options.table, count));
        flow?.end('farewell');
      }
    }
  }
}
