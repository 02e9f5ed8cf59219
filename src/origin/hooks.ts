import { messageOf } from '../errors.js';
import type { HookAction, VhostConf } from './conf/vhost.js';
import type { Identity } from './identity.js';
import type { Log } from './log.js';
import type { Source } from './media/source.js';
import { type Answer, postJson } from './post.js';
import type { StreamRequest } from './stream-request.js';

/** The client that a hook is about. */
export interface HookSubject {
  readonly clientId: string;
  readonly ip: string;
  readonly request: StreamRequest;
}

/** Hooks that cannot refuse: every URL is called. */
const FAREWELLS: ReadonlySet<HookAction> = new Set(['on_close', 'on_unpublish', 'on_stop']);

type Fields = Readonly<Record<string, string | number>>;

/** Accepts 200 or 201 with `0`, or a JSON object whose code is 0. Anything else refuses. */
export function isAllowed({ status, body }: Answer): boolean {
  if (status !== 200 && status !== 201) return false;
  if (body === '0') return true;
  try {
    return (JSON.parse(body) as { code?: unknown } | null)?.code === 0;
  } catch {
    return false;
  }
}

/** Calls the HTTP hooks of the config, in SRS's format (`vhost.http_hooks`). */
export class Hooks {
  readonly #identity: Identity;
  readonly #vhosts: ReadonlyMap<string, VhostConf>;
  readonly #log: Log;

  constructor(identity: Identity, vhosts: ReadonlyMap<string, VhostConf>, log: Log) {
    this.#identity = identity;
    this.#vhosts = vhosts;
    this.#log = log;
  }

  onConnect(subject: HookSubject): Promise<boolean> {
    const { stream, param, tcUrl, pageUrl } = subject.request;
    return this.#call('on_connect', subject, { stream, param, tcUrl, pageUrl });
  }

  onClose(subject: HookSubject, bytes: { sent: number; received: number }): Promise<boolean> {
    const fields = { send_bytes: bytes.sent, recv_bytes: bytes.received };
    return this.#call('on_close', subject, fields);
  }

  onPublish(subject: HookSubject, source: Source): Promise<boolean> {
    return this.#call('on_publish', subject, publishFields(subject, source));
  }

  onUnpublish(subject: HookSubject, source: Source): Promise<boolean> {
    return this.#call('on_unpublish', subject, publishFields(subject, source));
  }

  onPlay(subject: HookSubject, source: Source): Promise<boolean> {
    const { stream, tcUrl, param, pageUrl } = subject.request;
    const fields = { stream, tcUrl, param, pageUrl, ...streamFields(source) };
    return this.#call('on_play', subject, fields);
  }

  onStop(subject: HookSubject, source: Source): Promise<boolean> {
    return this.#call('on_stop', subject, publishFields(subject, source));
  }

  /** `written`: SRS's fields of a segment, in its order. */
  onHls(subject: HookSubject, source: Source, written: Fields): Promise<boolean> {
    const { tcUrl, stream, param } = subject.request;
    const fields = { tcUrl, stream, param, ...written, ...streamFields(source) };
    return this.#call('on_hls', subject, fields);
  }

  /** Calls the URLs in order; the first refusal ends it. Never rejects. */
  async #call(action: HookAction, subject: HookSubject, fields: Fields): Promise<boolean> {
    const { clientId, ip, request } = subject;
    const urls = this.#vhosts.get(request.vhost)?.hooks[action] ?? [];
    const { server, service } = this.#identity;
    const ids = { server_id: server, service_id: service, action, client_id: clientId, ip };
    const body = { ...ids, vhost: request.vhost, app: request.app, ...fields };
    for (const url of urls) {
      if (!(await this.#ask(url, body)) && !FAREWELLS.has(action)) return false;
    }
    return true;
  }

  async #ask(url: string, body: Fields): Promise<boolean> {
    const { action, client_id: cid = '' } = body;
    const call = `client_id=${cid}, url=${url}, request=${JSON.stringify(body)}`;
    try {
      const answer = await postJson(url, body);
      const allowed = isAllowed(answer);
      const line = `http: ${action} ${allowed ? 'ok' : 'failed'}, ${call}`;
      const response = `response=${answer.body.slice(0, 256)}, code=${answer.status}`;
      if (allowed) this.#log.info(String(cid), `${line}, ${response}`);
      else this.#log.warn(String(cid), `${line}, ${response}`);
      return allowed;
    } catch (error) {
      this.#log.warn(String(cid), `http: ${action} failed, ${call}, ${messageOf(error)}`);
      return false;
    }
  }
}

function streamFields(source: Source): Fields {
  return { stream_url: source.name.url, stream_id: source.id };
}

function publishFields({ request }: HookSubject, source: Source): Fields {
  const { tcUrl, stream, param } = request;
  return { tcUrl, stream, param, ...streamFields(source) };
}
