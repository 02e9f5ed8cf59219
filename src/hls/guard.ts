import type { Proof } from '../access/tokens.js';
import { Recent } from '../collections/recent.js';
import type { Gate } from '../listener/gate.js';
import type { StreamKey } from '../stream-key.js';
import { WINDOWS } from './viewers.js';

export interface GuardOptions {
  readonly gate: Pick<Gate, 'guardOf' | 'prove' | 'request'>;
  readonly windowSeconds: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** One request of a viewer. */
export interface ViewerRequest {
  readonly stream: StreamKey;
  readonly ip: string;
  /** Null: it has none yet. */
  readonly session: string | null;
  /** Null: it has shown none. */
  readonly token: string | null;
  /** It would be one more viewer. */
  readonly isNew: boolean;
}

/** A session that began with a valid token. */
interface Admitted {
  readonly stream: StreamKey;
  readonly proof: Proof;
  /** Time of its last playlist. */
  readonly seenAt: number;
}

/**
 * Has the gate asked about each request of HLS. Addresses are checked each time. A token is checked
 * where a session begins: from then on the session's id stands for it, because segments are named
 * without a token and players outlive one. A session whose viewer asks for no playlist any more
 * needs a token again.
 */
export class HlsGuard {
  readonly #options: GuardOptions;
  readonly #now: () => number;
  readonly #sessions = new Recent<Admitted>();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Resolves with the viewer's proof, if it may have what it asks for. @throws SessionError */
  async pass(request: ViewerRequest): Promise<Proof | null> {
    const { gate } = this.#options;
    const { stream, ip, token, isNew } = request;
    if (gate.guardOf(stream) === 'none') return null;
    const viewer = { stream, role: 'play', address: ip } as const;
    const proof = this.#known(request) ?? (await gate.prove(viewer, token));
    gate.request(viewer, proof, isNew);
    return proof;
  }

  /** Notes that a viewer with this proof got a playlist in its session. */
  served(session: string | null, stream: StreamKey, proof: Proof | null): void {
    if (session === null || proof?.kind !== 'good') return;
    this.#sessions.add(session, { stream, proof, seenAt: this.#now() });
  }

  #known({ session, stream, ip }: ViewerRequest): Proof | null {
    const admitted = session === null ? undefined : this.#sessions.get(session);
    if (admitted?.stream !== stream || admitted.proof.kind !== 'good') return null;
    const { proof, seenAt } = admitted;
    const isOld = this.#now() - seenAt >= WINDOWS * this.#options.windowSeconds * 1000;
    return isOld || (proof.address ?? ip) !== ip ? null : proof;
  }
}
