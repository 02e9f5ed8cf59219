import { Worker } from 'node:worker_threads';
import { closeBoth } from '../../relay/native/takeover.js';
import { workerEnd } from '../../worker-end.js';
import type { ConnectionRow, ListenerCounters } from '../front.js';
import type { Route, Router } from '../route.js';
import { InHand } from './in-hand.js';
import type { Handover, ThreadOrder, ThreadReport, ThreadSetup } from './thread-messages.js';

type ThreadAnswer = Extract<ThreadReport, { kind: 'rows' | 'client' }>;

/** A thread that is asked to close and does not is ended after this long. */
const CLOSE_MS = 1000;

export interface ThreadLinks {
  readonly route: Router;
  /** Takes a client and its child over; `route` is released when they have ended. */
  readonly adopt: (handover: Handover, route: Route, thread: ListenerThread) => void;
  /** One JSON line of the thread's logger. */
  readonly log: (line: string) => void;
}

/** The control side of one listener thread: answers where clients go, and holds their routes. */
export class ListenerThread {
  /** Resolves when the thread takes clients; rejects when it ends before. */
  readonly listening: Promise<void>;
  /** Resolves when it is gone: with why, unless it was asked to go. */
  readonly gone: Promise<string | null>;
  counters: ListenerCounters | null = null;
  /** Clients that it has not handed over yet. */
  connections = 0;
  readonly #worker: Worker;
  readonly #links: ThreadLinks;
  readonly #holds = new Map<number, Route>();
  readonly #asking = new Map<number, (answer: ThreadAnswer | null) => void>();
  readonly #inHand = new InHand();
  /** The number of the last handover. */
  #heard = 0;
  #numbers = 0;
  #closing = false;
  #isGone = false;

  constructor(setup: Omit<ThreadSetup, 'inHand'>, links: ThreadLinks) {
    this.#links = links;
    const url = new URL('./thread.js', import.meta.url);
    const workerData: ThreadSetup = { ...setup, inHand: this.#inHand.numbers };
    this.#worker = new Worker(url, { workerData, name: 'listener' });
    this.#worker.on('message', (report: ThreadReport) => void this.#hear(report));
    this.gone = this.#watch();
    this.listening = new Promise((resolve, reject) => {
      this.#worker.on('message', ({ kind }: ThreadReport) => {
        if (kind === 'listening') resolve();
      });
      this.gone.then((reason) => reject(new Error(`listener thread: ${reason ?? 'closed'}`)));
    });
    this.listening.catch(() => {});
  }

  /** The clients that it has not handed over yet; none once it is gone. */
  async rows(): Promise<ConnectionRow[]> {
    const answer = await this.#ask((call) => ({ kind: 'rows', call }));
    return answer?.kind === 'rows' ? answer.rows : [];
  }

  /** `ip:port` of the client that it lent the alias to; null once it is gone. */
  async clientOf(alias: string): Promise<string | null> {
    const answer = await this.#ask((call) => ({ kind: 'client', call, alias }));
    return answer?.kind === 'client' ? answer.client : null;
  }

  /** The alias of a client that it handed over is free again. */
  free(alias: string): void {
    this.#say({ kind: 'free', alias });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#say({ kind: 'close' });
    const timer = setTimeout(() => this.kill(), CLOSE_MS);
    await this.gone;
    clearTimeout(timer);
  }

  /** Ends it on the spot, as a crash would. */
  kill(): void {
    this.#worker.terminate();
  }

  /** Null when it is gone. */
  async #ask(order: (call: number) => ThreadOrder): Promise<ThreadAnswer | null> {
    if (this.#isGone) return null;
    const call = this.#numbers++;
    return new Promise((resolve) => {
      this.#asking.set(call, resolve);
      this.#say(order(call));
    });
  }

  #say(order: ThreadOrder): void {
    this.#worker.postMessage(order);
  }

  async #hear(report: ThreadReport): Promise<void> {
    if (report.kind === 'route') return this.#route(report);
    if (report.kind === 'release') this.#take(report.hold)?.release(report.fault);
    else if (report.kind === 'handover') this.#adopt(report);
    else if (report.kind === 'log') this.#links.log(report.line);
    else if (report.kind === 'rows' || report.kind === 'client') this.#answer(report);
    else if (report.kind === 'summary') {
      // Those that it has handed over are counted where they end.
      this.counters = { ...report.counters, relayed: 0 };
      this.connections = report.connections;
    }
  }

  async #route({ call, stream, role }: Extract<ThreadReport, { kind: 'route' }>): Promise<void> {
    const route = await this.#links.route(stream, role).catch(() => null);
    if (route === null) return this.#say({ kind: 'routed', call, route });
    const hold = this.#numbers++;
    this.#holds.set(hold, route);
    const { release: _, ...plain } = route;
    this.#say({ kind: 'routed', call, route: { hold, ...plain } });
  }

  #adopt(handover: Handover): void {
    this.#heard = handover.number;
    const route = this.#take(handover.hold);
    if (route === null) closeBoth(handover);
    else this.#links.adopt(handover, route, this);
  }

  #take(hold: number): Route | null {
    const route = this.#holds.get(hold) ?? null;
    this.#holds.delete(hold);
    return route;
  }

  #answer(answer: ThreadAnswer): void {
    this.#asking.get(answer.call)?.(answer);
    this.#asking.delete(answer.call);
  }

  async #watch(): Promise<string | null> {
    const reason = await workerEnd(this.#worker);
    this.#isGone = true;
    const left = this.#inHand.leftBehind(this.#heard);
    if (left !== null) closeBoth(left);
    for (const route of this.#holds.values()) route.release();
    this.#holds.clear();
    for (const answer of this.#asking.values()) answer(null);
    this.#asking.clear();
    this.connections = 0;
    return this.#closing ? null : reason;
  }
}
