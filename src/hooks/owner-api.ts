import { askChild } from '../child-access/ask.js';
import type { OwnerRef } from '../owner.js';
import type { Publication } from './publishers.js';

/** Port and credentials of a child's HTTP API. */
export interface ApiPlace {
  readonly port: number;
  /** Null: none required. */
  readonly authorization: string | null;
}

/** Milliseconds for an answer; a child that takes longer is about to be replaced. */
const ASK_MS = 2000;

/** Requests of the hooks to children's APIs. */
export class OwnerApi {
  readonly #placeOf: (owner: OwnerRef) => ApiPlace | null;

  /** `placeOf` returns null if that generation of the child has ended. */
  constructor(placeOf: (owner: OwnerRef) => ApiPlace | null) {
    this.#placeOf = placeOf;
  }

  /** Asks whether a publisher is still there. Rejects if the child does not answer. */
  async isLive({ owner, streamId }: Publication): Promise<boolean> {
    if (streamId === '') return false;
    const answer = await this.#ask(owner, 'GET', `streams/${encodeURIComponent(streamId)}`);
    const { stream } = (answer ?? {}) as { stream?: { publish?: { active?: boolean } } };
    return stream?.publish?.active === true;
  }

  /**
   * Ends the session of a WebRTC publisher. SRS (7.0) opens the session before it calls its
   * hook, and after a refusal keeps it for 30 s, during which nobody can publish the stream.
   */
  async dismiss({ owner, clientId }: Publication): Promise<void> {
    const path = `clients/${encodeURIComponent(clientId)}`;
    const answer = await this.#ask(owner, 'GET', path);
    const { client } = (answer ?? {}) as { client?: { type?: string } };
    if (client?.type === 'rtc-publish') await this.#ask(owner, 'DELETE', path);
  }

  /** Ends a publisher of any protocol. */
  async kick({ owner, clientId }: Publication): Promise<void> {
    await this.#ask(owner, 'DELETE', `clients/${encodeURIComponent(clientId)}`);
  }

  /** Sends a request; null if that generation of the child has ended. */
  async #ask(owner: OwnerRef, method: 'GET' | 'DELETE', path: string): Promise<unknown> {
    const place = this.#placeOf(owner);
    if (place === null) return null;
    const { port, authorization } = place;
    const headers = authorization === null ? {} : { authorization };
    const question = { method, path: `/api/v1/${path}`, headers };
    const signal = AbortSignal.timeout(ASK_MS);
    const answer = await askChild({ port }, question, { purpose: 'hooks', signal });
    if (answer === null) throw new Error('the child closed the connection');
    return JSON.parse(answer.body.toString());
  }
}
