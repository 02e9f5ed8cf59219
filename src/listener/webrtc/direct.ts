import { askChild } from '../../child-access/ask.js';
import { messageOf } from '../../errors.js';
import type { OwnerRef } from '../../owner.js';
import { nameOf, streamUrl } from '../../stream-key.js';
import { everySeconds } from '../../system/every-seconds.js';
import type { Route } from '../route.js';
import type { RtcSession } from './session.js';
import { RtcSessions, type RtcSessionsOptions } from './sessions.js';

const LOOK_SECONDS = 10;
const ANSWER_MS = 5000;
const CLIENTS = '/api/v1/clients/?count=1000000';

export interface DirectListenerOptions extends Omit<RtcSessionsOptions, 'silentMs'> {
  /** Returns the `Authorization` of a child's API; null: none. */
  readonly authorization: (owner: OwnerRef) => string | null;
}

/**
 * Takes the place of the media port if media go directly to the children: as no packet passes here,
 * the children are asked which sessions live.
 */
export class DirectListener extends RtcSessions {
  readonly #options: DirectListenerOptions;
  #stop = () => {};

  constructor(options: DirectListenerOptions) {
    super({ ...options, silentMs: Number.POSITIVE_INFINITY });
    this.#options = options;
  }

  /** No packet passes here. */
  get isKept(): boolean {
    return true;
  }

  async start(): Promise<void> {
    this.#stop = everySeconds(LOOK_SECONDS, () => void this.look());
  }

  address(): null {
    return null;
  }

  override async close(): Promise<void> {
    this.#stop();
    await super.close();
  }

  /** Ends sessions that their children no longer have. Never rejects. */
  async look(): Promise<void> {
    const byChild = new Map<string, RtcSession[]>();
    for (const session of this) {
      const { id } = session.route.owner;
      const others = byChild.get(id);
      if (others === undefined) byChild.set(id, [session]);
      else others.push(session);
    }
    await Promise.all(Array.from(byChild.values(), (sessions) => this.#lookAt(sessions)));
  }

  async #lookAt(sessions: readonly RtcSession[]): Promise<void> {
    const [first] = sessions;
    const living = first && (await this.#clientsOf(first.route));
    if (!living) return;
    // A child's list does not identify a stream's sessions: the oldest are ended.
    for (const session of [...sessions].reverse()) {
      const name = kindOf(session);
      const left = (living.get(name) ?? 0) - 1;
      living.set(name, left);
      if (left < 0) this.end(session, 'its child has it no more');
    }
  }

  /**
   * Resolves with a child's number of WebRTC clients per kind and stream; null if it does not
   * answer.
   */
  async #clientsOf({ host, ports, owner }: Route): Promise<Map<string, number> | null> {
    const { authorization, logger } = this.#options;
    const shown = authorization(owner);
    const headers = shown === null ? {} : { authorization: shown };
    const question = { method: 'GET', path: CLIENTS, headers };
    try {
      const options = { purpose: 'signalling', signal: AbortSignal.timeout(ANSWER_MS) } as const;
      const answer = await askChild({ host, port: ports.api }, question, options);
      return answer && countsIn(answer.body.toString());
    } catch (error) {
      logger.debug({ child: owner.id, reason: messageOf(error) }, 'webrtc: clients not known');
      return null;
    }
  }
}

/** Returns the key of a session in `countsIn`'s map. */
function kindOf({ connection: { role, stream } }: RtcSession): string {
  return `rtc-${role} ${stream === null ? '' : streamUrl(nameOf(stream))}`;
}

function countsIn(text: string): Map<string, number> {
  const { clients } = JSON.parse(text) as { clients?: { type?: string; url?: string }[] };
  const counts = new Map<string, number>();
  for (const { type = '', url = '' } of clients ?? []) {
    const name = `${type} ${url}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
