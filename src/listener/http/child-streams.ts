import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../logging/logger.js';
import { buildChildHead, type ClientRequest } from '../../protocol/http/child-head.js';
import { parseTarget } from '../../protocol/http/target.js';
import type { RelayEngine } from '../../relay/relay.js';
import { type AliasBook, canAlias } from '../aliases.js';
import type { ClientAddress } from '../client-address.js';
import type { Connection } from '../connection.js';
import { dialAsClient, targetOf } from '../dial-as-client.js';
import type { HookClient } from '../held-hooks.js';
import { readUntil } from '../read-until.js';
import type { Relayed } from '../relayed.js';
import type { Route } from '../route.js';
import { PeerError, SessionError } from '../session-error.js';
import { within } from '../within.js';
import { detach } from './detach.js';
import { askForStream, type ChildRequest, knowsNoChunks, UnchunkedStream } from './unchunked.js';

export interface ChildStreamOptions {
  readonly engine: Pick<RelayEngine, 'join'>;
  readonly aliases: AliasBook;
  /** Most milliseconds for a child's first byte; default: 40 s. */
  readonly childAnswerMs?: number;
  readonly logger: Logger;
}

export interface LiveExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly client: ClientAddress;
}

/** Most milliseconds for a child's first byte: it waits for media, and for its hooks. */
const CHILD_ANSWER_MS = 40_000;
/** Most idle milliseconds; SRS ends a player much earlier if its publisher is silent. */
const IDLE_MS = 5 * 60 * 1000;

/** Relays children's live streams to HTTP clients: raw, or without chunks to HTTP/1.0. */
export class ChildStreams {
  readonly #options: ChildStreamOptions;

  constructor(options: ChildStreamOptions) {
    this.#options = options;
  }

  /**
   * Dials a route's child and has its answer relayed. Rejects as dialling does, and where the child
   * closes without a word, or says none in time.
   */
  async join(route: Route, exchange: LiveExchange, hookClient: HookClient | null): Promise<void> {
    const { connection, request, client: from } = exchange;
    const alias = hookClient && this.#aliasFor(hookClient, connection, route);
    const child = await dialAsClient(connection, targetOf(route, 'http'), this.#options);
    const asked = { child, request: childRequest(request), ip: alias ?? from.ip };
    child.on('error', () => {});
    try {
      const begun = await (knowsNoChunks(request)
        ? this.#unchunked(asked, exchange)
        : this.#raw(asked, exchange));
      connection.servedBy(route.owner, begun);
    } catch (error) {
      child.destroy();
      throw error;
    }
  }

  async #raw({ child, request, ip }: ChildRequest, exchange: LiveExchange): Promise<Relayed> {
    child.write(buildChildHead(request, ip));
    const first = (ending: AbortSignal) => readUntil(child, (bytes) => bytes, ending);
    const toClient = await this.#inTime(exchange, first);
    const client = detach(exchange.response);
    if (client === null) throw new SessionError('left', 'the client has left');
    const pair = { client, child, toClient, oneWay: true, idleMs: IDLE_MS };
    return this.#options.engine.join(pair);
  }

  async #unchunked(asked: ChildRequest, exchange: LiveExchange): Promise<Relayed> {
    const answer = await this.#inTime(exchange, (ending) => askForStream(asked, ending));
    return new UnchunkedStream(answer, exchange.response);
  }

  /**
   * Returns the address for X-Forwarded-For, which SRS's hooks of HTTP players report: by the alias
   * they are matched to the client.
   */
  #aliasFor(hookClient: HookClient, connection: Connection, { via, host }: Route): string | null {
    if (via !== undefined || !canAlias(host)) return null;
    const alias = connection.takeAlias(this.#options.aliases);
    if (alias !== null) hookClient.goesBy(alias);
    return alias;
  }

  /** Rejects as `work` does, and if the child sends nothing in time. */
  async #inTime<T>(
    { connection: { signal } }: LiveExchange,
    work: (ending: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const ending = new AbortController();
    const end = () => ending.abort(signal.reason);
    const late = () =>
      ending.abort(new PeerError('it sends nothing, as does perhaps its publisher'));
    const limitMs = this.#options.childAnswerMs ?? CHILD_ANSWER_MS;
    signal.addEventListener('abort', end);
    try {
      return await within(limitMs, late, work(ending.signal));
    } catch (error) {
      throw ending.signal.aborted ? ending.signal.reason : error;
    } finally {
      signal.removeEventListener('abort', end);
    }
  }
}

function childRequest({ url = '', headers, rawHeaders }: IncomingMessage): ClientRequest {
  const { authority = null, path = '/', query = '' } = parseTarget(url) ?? {};
  const target = query === '' ? path : `${path}?${query}`;
  return { target, host: authority ?? headers.host ?? '', rawHeaders };
}
