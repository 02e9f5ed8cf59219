import { messageOf } from '../errors.js';
import type { ChildCalls } from './child-calls.js';
import { type Json, objectOf, parseJson } from './json.js';
import type { Passed } from './passed.js';
import { type Answer, code } from './reply.js';
import type { ApiSource } from './types.js';

/** SRS's error codes. */
const BAD_RPC = 1060;
const DISABLED = 1061;
const RELOAD_FAILED = 1023;

/** SRS's words for how far a reload is. */
const APPLYING = 30;
const FINISHED = 90;

interface Reload {
  readonly err: number;
  readonly msg: string;
  readonly state: number;
  readonly rid: string;
}

/** SRS's raw API: what is on, and the reload of all children, one after the other. */
export class Raw {
  readonly #source: ApiSource;
  readonly #calls: ChildCalls;
  readonly #passed: Passed;
  #last: Reload = { err: 0, msg: 'Success', state: 0, rid: '' };
  #running: Promise<void> | null = null;
  #reloads = 0;

  constructor(source: ApiSource, calls: ChildCalls, passed: Passed) {
    this.#source = source;
    this.#calls = calls;
    this.#passed = passed;
  }

  async answer(rpc: string): Promise<Answer> {
    const { enabled, allowReload } = this.#source.rules.raw;
    if (rpc === 'raw') return this.#rules();
    if (!enabled) return code(DISABLED);
    if (rpc === 'reload-fetch') return bare({ code: 0, data: this.#last });
    if (rpc !== 'reload') return code(BAD_RPC);
    if (!allowReload) return code(DISABLED);
    // Who asks while one is under way gets that one.
    this.#running ??= this.#reload().finally(() => {
      this.#running = null;
    });
    return code(0);
  }

  /** As a child has it, but for where it listens. */
  async #rules(): Promise<Answer> {
    const answer = await this.#passed.get('/api/v1/raw?rpc=raw');
    const listen = String(this.#source.ports().api ?? '');
    return bare({ ...answer, http_api: { ...objectOf(answer, 'http_api'), listen } });
  }

  async #reload(): Promise<void> {
    const rid = `${this.#source.identity.service}-${++this.#reloads}`;
    this.#last = { err: 0, msg: 'Success', state: APPLYING, rid };
    let failed: string | null = null;
    for (const child of this.#source.children().filter(({ ready }) => ready)) {
      try {
        const answer = parseJson(await this.#calls.ask(child, '/api/v1/raw?rpc=reload'));
        if (answer.code !== 0) failed ??= `${child.id} answered code ${answer.code}`;
      } catch (error) {
        failed ??= `${child.id}: ${messageOf(error)}`;
      }
    }
    const err = failed === null ? 0 : RELOAD_FAILED;
    this.#last = { err, msg: failed ?? 'Success', state: FINISHED, rid };
  }
}

function bare(body: Json): Answer {
  return { kind: 'bare', body };
}
