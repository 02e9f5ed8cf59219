import type { OwnerRef } from '../owner.js';
import type { Publication } from './publishers.js';

/** Where the HTTP API of a child is, and what it asks for. */
export interface ApiPlace {
  readonly port: number;
  /** Null: it asks for nothing. */
  readonly authorization: string | null;
}

/** A child that does not answer its API by then is about to be replaced. */
const ASK_MS = 2000;

/** What the hooks have to ask children, and to tell them. */
export class OwnerApi {
  readonly #placeOf: (owner: OwnerRef) => ApiPlace | null;

  /** `placeOf`: null where that life of the child is over. */
  constructor(placeOf: (owner: OwnerRef) => ApiPlace | null) {
    this.#placeOf = placeOf;
  }

  /** Whether the publisher is still there. Rejects where the child does not say. */
  async isLive({ owner, streamId }: Publication): Promise<boolean> {
    if (streamId === '') return false;
    const answer = await this.#ask(owner, 'GET', `streams/${encodeURIComponent(streamId)}`);
    const { stream } = (answer ?? {}) as { stream?: { publish?: { active?: boolean } } };
    return stream?.publish?.active === true;
  }

  /**
   * Ends the session of a WebRTC publisher that was refused. SRS (7.0) opens it before it asks its
   * hook, and keeps it after a no for half a minute, in which nobody can publish the stream.
   */
  async dismiss({ owner, clientId }: Publication): Promise<void> {
    const path = `clients/${encodeURIComponent(clientId)}`;
    const answer = await this.#ask(owner, 'GET', path);
    const { client } = (answer ?? {}) as { client?: { type?: string } };
    if (client?.type === 'rtc-publish') await this.#ask(owner, 'DELETE', path);
  }

  /** Null where that life of the child is over. */
  async #ask(owner: OwnerRef, method: 'GET' | 'DELETE', path: string): Promise<unknown> {
    const place = this.#placeOf(owner);
    if (place === null) return null;
    const { port, authorization } = place;
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`, {
      method,
      headers: authorization === null ? {} : { authorization },
      signal: AbortSignal.timeout(ASK_MS),
    }).catch((error: unknown) => {
      // fetch itself says only that it failed.
      throw (error as Error).cause ?? error;
    });
    return answer.json();
  }
}
