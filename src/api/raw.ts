import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { ChildCalls } from './child-calls.js';
import { type Json, objectOf, parseJson } from './json.js';
import type { Passed } from './passed.js';
import { type ApiAnswer, code } from './reply.js';
import type { ApiChild, ApiSource } from './types.js';

/** SRS's error codes. */
const BAD_RPC = 1060;
const DISABLED = 1061;
const RELOAD_FAILED = 1023;

/** SRS's states of a reload. */
const APPLYING = 30;
const FINISHED = 90;

/** Children that reload concurrently. */
const AT_ONCE = 16;
/** Most queries for a child's reload result, and milliseconds between them. */
const MAX_TRIES = 25;
const TRY_MS = 200;

/** `refused`: the template is invalid, nothing has changed. `failed`: a child has not reloaded. */
export interface ReloadResult {
  readonly kind: 'done' | 'refused' | 'failed';
  /** The first error; '' if there is none. */
  readonly reason: string;
}

/** SRS's report of its last reload. */
interface Reload {
  readonly err: number;
  readonly msg: string;
  readonly state: number;
  readonly rid: string;
}

/** SRS's raw API: its settings, and the reload of all children. */
export class Raw {
  readonly #source: ApiSource;
  readonly #calls: ChildCalls;
  readonly #passed: Passed;
  #last: Reload;
  #running: Promise<ReloadResult> | null = null;
  #reloads = 0;

  constructor(source: ApiSource, calls: ChildCalls, passed: Passed) {
    this.#source = source;
    this.#calls = calls;
    this.#passed = passed;
    this.#last = { err: 0, msg: 'Success', state: 0, rid: `${source.identity.service}-0` };
  }

  async answer(rpc: string): Promise<ApiAnswer> {
    const { enabled, allowReload } = this.#source.rules.raw;
    if (rpc === 'raw') return this.#rules();
    if (!enabled) return code(DISABLED);
    if (rpc === 'reload-fetch') return bare({ code: 0, data: this.#last });
    if (rpc !== 'reload') return code(BAD_RPC);
    if (!allowReload) return code(DISABLED);
    // A request during a reload gets that reload's result.
    if (this.#running === null) void this.reload();
    return code(0);
  }

  /** Reloads all children with the present template, after any reload that is running. */
  async reload(): Promise<ReloadResult> {
    while (this.#running !== null) await this.#running;
    const running = this.#reload();
    this.#running = running;
    const result = await running;
    this.#running = null;
    return result;
  }

  /** Returns a child's settings, with the box's own port and permissions. */
  async #rules(): Promise<ApiAnswer> {
    const answer = await this.#passed.get('/api/v1/raw?rpc=raw');
    const { listen } = this.#source.ports();
    const httpApi = objectOf(answer, 'http_api');
    // A child lets us reload it, but clients have only the box's permissions.
    const { enabled, allowReload: allow_reload } = this.#source.rules.raw;
    const raw_api = { ...objectOf(httpApi, 'raw_api'), enabled, allow_reload };
    return bare({ ...answer, http_api: { ...httpApi, listen, raw_api } });
  }

  /** Runs a reload. Never rejects. */
  async #reload(): Promise<ReloadResult> {
    const rid = `${this.#source.identity.service}-${++this.#reloads}`;
    this.#last = { err: 0, msg: 'Success', state: APPLYING, rid };
    const result = await this.#source.renewConfs().then(
      () => this.#reloadAll(),
      (error: unknown): ReloadResult => ({ kind: 'refused', reason: messageOf(error) }),
    );
    const [err, msg] = result.kind === 'done' ? [0, 'Success'] : [RELOAD_FAILED, result.reason];
    this.#last = { err, msg, state: FINISHED, rid };
    return result;
  }

  async #reloadAll(): Promise<ReloadResult> {
    const children = this.#source.children().filter(({ ready }) => ready);
    const reasons: (string | null)[] = [];
    for (let start = 0; start < children.length; start += AT_ONCE) {
      const group = children.slice(start, start + AT_ONCE);
      reasons.push(...(await Promise.all(group.map((child) => this.#tryOne(child)))));
    }
    const reason = reasons.find((one) => one !== null) ?? null;
    return reason === null ? { kind: 'done', reason: '' } : { kind: 'failed', reason };
  }

  async #tryOne(child: ApiChild): Promise<string | null> {
    const reason = await this.#reloadOne(child).catch(messageOf);
    return reason === null ? null : `${child.id}: ${reason}`;
  }

  /**
   * Reloads one child; returns the error or null. SRS applies a reload within about a second, and
   * then reports the result.
   */
  async #reloadOne(child: ApiChild): Promise<string | null> {
    const ask = async (rpc: string) =>
      parseJson(await this.#calls.ask(child, `/api/v1/raw?rpc=${rpc}`));
    const { rid: before } = objectOf(await ask('reload-fetch'), 'data');
    const { code } = await ask('reload');
    if (code !== 0) return `answered code ${String(code)}`;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { rid, err, msg, state } = objectOf(await ask('reload-fetch'), 'data');
      if (rid !== before && err !== 0) return String(msg);
      if (rid !== before && state === FINISHED) return null;
      await delay(TRY_MS);
    }
    return `no answer within ${(MAX_TRIES * TRY_MS) / 1000} s`;
  }
}

function bare(body: Json): ApiAnswer {
  return { kind: 'bare', body };
}
