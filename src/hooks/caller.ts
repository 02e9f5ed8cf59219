import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { logFault, logRefusal, type RefusalFields } from '../logging/refusals.js';
import { record } from '../logging/tell.js';
import { type HookAction, stopsAtFailure, wantsVerdict } from './actions.js';
import type { HookOutcome } from './counters.js';
import { Lane } from './lane.js';
import { type HookAnswer, judge } from './verdict.js';

/** One call, for all URLs that get it. */
export interface OutgoingHook {
  readonly action: HookAction;
  readonly body: string;
  readonly urls: readonly string[];
  /** Fields for the log: the client, its stream and its child. */
  readonly about: RefusalFields;
  /** SRS's User-Agent. */
  readonly userAgent: string;
  /** Aborts when nothing waits for the answer any more. */
  readonly signal: AbortSignal;
}

export interface CallResult {
  readonly outcome: HookOutcome;
  /** Answer of the deciding URL; null if it is not a verdict. */
  readonly answer: HookAnswer | null;
}

/** The answer to SRS if no URL refuses. */
export const YES: HookAnswer = { status: 200, body: '0' };
/** Milliseconds that SRS waits for it. */
const NOTIFY_MS = 10_000;

/** Calls the user's URLs. */
export class HookCaller {
  readonly #timeoutMs: () => number;
  readonly #logger: Logger;
  readonly #lanes = new Map<string, Lane>();

  /** `timeoutMs` returns the most milliseconds for an answer. */
  constructor(timeoutMs: () => number, logger: Logger) {
    this.#timeoutMs = timeoutMs;
    this.#logger = logger;
  }

  /** Calls the URLs in order, and stops early where SRS would. Never rejects. */
  async call(hook: OutgoingHook): Promise<CallResult> {
    let result: CallResult = { outcome: 'ok', answer: YES };
    for (const url of hook.urls) {
      const next = await this.#ask(url, hook);
      if (result.outcome === 'ok') result = next;
      if (next.outcome !== 'ok' && stopsAtFailure(hook.action)) break;
    }
    return result;
  }

  /** Forwards an `on_hls_notify`, whose answer is ignored. */
  async notify(origin: string, path: string, userAgent: string): Promise<void> {
    const signal = AbortSignal.timeout(NOTIFY_MS);
    const headers = { 'user-agent': userAgent };
    try {
      const lane = this.#laneOf(origin);
      if (!lane.isFull) await lane.call({ method: 'GET', path, headers, body: '', signal });
    } catch (error) {
      this.#warn('on_hls_notify', origin, messageOf(error));
    }
  }

  close(): void {
    for (const lane of this.#lanes.values()) lane.close();
  }

  async #ask(url: string, hook: OutgoingHook): Promise<CallResult> {
    const { action, body, userAgent } = hook;
    const signal = AbortSignal.any([hook.signal, AbortSignal.timeout(this.#timeoutMs())]);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': userAgent,
    };
    try {
      const lane = this.#laneOf(url);
      if (lane.isFull) return this.#drop(action, url);
      const answer = await lane.call({ method: 'POST', headers, body, signal });
      const outcome = judge(answer);
      if (outcome === 'refused') this.#logRefusal(hook, url, answer);
      if (outcome !== 'failed') return { outcome, answer };
      this.#warn(action, url, `answered ${answer.status} and no code`);
    } catch (error) {
      this.#warn(action, url, messageOf(signal.aborted ? signal.reason : error));
    }
    return { outcome: 'failed', answer: null };
  }

  #drop(action: HookAction, url: string): CallResult {
    this.#warn(action, url, 'too many calls wait for this URL');
    return { outcome: 'dropped', answer: null };
  }

  #laneOf(url: string): Lane {
    const lane = this.#lanes.get(url) ?? new Lane(url);
    this.#lanes.set(url, lane);
    return lane;
  }

  /** A refusal counts only where SRS waits for the verdict. */
  #logRefusal({ action, about }: OutgoingHook, url: string, { body: answer }: HookAnswer): void {
    if (wantsVerdict(action)) {
      logRefusal(this.#logger, 'hook refused a client', { ...about, action, url, answer });
    }
  }

  #warn(action: string, url: string, reason: string): void {
    const about = { action, url, reason };
    const withheld = logFault(this.#logger, 'hook failed', about);
    if (withheld === null) return;
    const count = withheld === 0 ? {} : { withheld };
    record(this.#logger, { type: 'hook-failed', ...about, ...count });
  }
}
