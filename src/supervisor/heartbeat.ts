import type { Api } from '../api/api.js';
import type { Template } from '../child/template.js';
import { formatAddress } from '../config/address.js';
import type { Config } from '../config/config.js';
import { messageOf } from '../errors.js';
import { Lane } from '../hooks/lane.js';
import type { Logger } from '../logging/logger.js';
import { type Directive, find } from '../srs-conf/parse.js';
import type { Listeners } from './listeners.js';
import { outsideAddress } from './outside-address.js';
import type { Current } from './renewals.js';

/** A template's `heartbeat` that is on. */
interface HeartbeatPlan {
  readonly url: string;
  /** Milliseconds between two. */
  readonly everyMs: number;
  readonly deviceId: string;
  readonly ports: boolean;
  readonly summaries: boolean;
  /** `Authorization` header; null: none. SRS sends one from 8.0.28 on. */
  readonly authorization: string | null;
}

interface HeartbeatParts {
  readonly current: Current;
  readonly listeners: Pick<Listeners, 'address'>;
  readonly api: Pick<Api, 'identity' | 'summaries'>;
  readonly logger: Logger;
}

/** SRS's defaults. */
const URL = 'http://127.0.0.1:8085/api/v1/servers';
const EVERY_MS = 10_000;
/** Milliseconds for an answer, which is then ignored. */
const ANSWER_MS = 30_000;

/** Returns what a template asks for; null: no heartbeat. */
function heartbeatPlanOf({ directives }: Pick<Template, 'directives'>): HeartbeatPlan | null {
  const own = find(directives, 'heartbeat')?.children ?? [];
  const word = (name: string) => wordOf(own, name);
  if (word('enabled') !== 'on') return null;
  const auth = find(own, 'auth')?.children ?? [];
  const isAuth = wordOf(auth, 'enabled') === 'on';
  return {
    url: word('url') ?? URL,
    // SRS takes whole seconds.
    everyMs: Math.trunc(Number(word('interval'))) * 1000 || EVERY_MS,
    deviceId: word('device_id') ?? '',
    ports: word('ports') === 'on',
    summaries: word('summaries') === 'on',
    authorization: isAuth ? `Bearer ${wordOf(auth, 'token') ?? ''}` : null,
  };
}

function wordOf(directives: readonly Directive[], name: string): string | undefined {
  return find(directives, name)?.args[0];
}

/**
 * The template's heartbeat, which the box sends once in the place of all children: as SRS does,
 * with the ids, ports and sums of the box. A new interval holds from the next start on.
 */
export class Heartbeat {
  readonly #parts: HeartbeatParts;
  #timer: NodeJS.Timeout | undefined;
  #isBeating = false;
  /** Why the last one was not sent, which is logged once; '': it was. */
  #failure = '';

  constructor(parts: HeartbeatParts) {
    this.#parts = parts;
  }

  async start(): Promise<void> {
    const plan = heartbeatPlanOf(this.#parts.current.template);
    if (plan === null) return;
    this.#timer = setInterval(() => void this.#beat(), plan.everyMs).unref();
    void this.#beat();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  /** Sends one, unless the last one has no answer yet. Never rejects. */
  async #beat(): Promise<void> {
    const plan = heartbeatPlanOf(this.#parts.current.template);
    if (plan === null || this.#isBeating) return;
    this.#isBeating = true;
    try {
      await this.#send(plan);
      this.#failure = '';
    } catch (error) {
      const reason = messageOf(error);
      const text = 'heartbeat of the template not sent';
      if (reason !== this.#failure) this.#parts.logger.warn({ url: plan.url, reason }, text);
      this.#failure = reason;
    } finally {
      this.#isBeating = false;
    }
  }

  async #send(plan: HeartbeatPlan): Promise<void> {
    const body = JSON.stringify(await this.#bodyOf(plan));
    const { authorization } = plan;
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(authorization === null ? {} : { authorization }),
    };
    const lane = new Lane(plan.url);
    try {
      await lane.call({ method: 'POST', headers, body, signal: AbortSignal.timeout(ANSWER_MS) });
    } finally {
      lane.close();
    }
  }

  /** Returns the body, with its keys in SRS's order. */
  async #bodyOf({ deviceId, ports, summaries }: HeartbeatPlan): Promise<object> {
    const { api, listeners, current } = this.#parts;
    const { server, service, pid } = api.identity;
    return {
      ...{ device_id: deviceId, ip: outsideAddress(), server, service, pid: String(pid) },
      ...(summaries ? { summaries: { data: await api.summaries() } } : {}),
      ...(ports ? endpoints(current.config, listeners) : {}),
    };
  }
}

/** Returns the public ports as a config has them. SRS names those of media by their protocol. */
function endpoints({ listen }: Config, listeners: Pick<Listeners, 'address'>): object {
  const texts = (name: 'rtmp' | 'http' | 'api') => {
    const port = listeners.address(name)?.port;
    const address = listen[name];
    return port === undefined || address === null ? [] : [formatAddress({ ...address, port })];
  };
  const media = (name: 'srt' | 'rtc', ...kinds: readonly string[]) => {
    const address = listeners.address(name);
    return address === null ? [] : kinds.map((kind) => `${kind}://0.0.0.0:${address.port}`);
  };
  const all = {
    rtmp: texts('rtmp'),
    http: texts('http'),
    api: texts('api'),
    srt: media('srt', 'udp'),
    rtc: media('rtc', 'udp', 'tcp'),
  };
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0));
}
