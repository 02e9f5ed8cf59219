import { setTimeout as delay } from 'node:timers/promises';
import { tellStream } from '../logging/event-lines.js';
import type { StreamKey } from '../stream-key.js';
import type { GateOptions } from './gate-options.js';
import type { Member } from './publishing.js';
import { SessionError } from './session-error.js';

/** Milliseconds for a publisher whose connection was ended to leave its child. */
const LEAVE_MS = 1000;
/** Milliseconds for one that its child shall end; then the child decides about the newcomer. */
const FREE_MS = 3000;
const FREE_POLL_MS = 20;

/** A stream that is taken over. */
export interface Giving {
  readonly stream: StreamKey;
  /** Its present publishers, as far as they came through a port of this box. */
  readonly members: readonly Member[];
  /** IP address of the next publisher. */
  readonly by: string;
}

/** Ends the present publisher, and resolves when its child has freed the stream, or may not. */
export async function giveWay(
  options: GateOptions,
  { stream, members, by }: Giving,
): Promise<void> {
  const { rules, liveHere, dismiss, logger } = options;
  const { takeover, silentMs } = rules();
  const seconds = silentMs / 1000;
  const why = takeover === 'silent' ? `it sent nothing for ${seconds} s` : 'it gives way to any';
  const child = liveHere(stream)?.owner.id ?? null;
  const about = { stream, child, client: members[0]?.connection.client ?? null, by };
  tellStream(logger, { type: 'publisher-replaced', ...about, why }, 'publisher taken over');
  const reason = new SessionError('left', `another publisher has taken the stream over: ${why}`);
  for (const { connection } of members) connection.end(reason);
  // SRS forgets its hook about a publisher that it is told to end while that is leaving already.
  void dismiss(stream, members.length > 0 ? 'sessions' : 'all');
  await untilFree(options, stream, LEAVE_MS);
  if (liveHere(stream) !== null) void dismiss(stream, 'all');
  await untilFree(options, stream, FREE_MS);
}

/** Resolves when no child reports a publisher, or after `ms` milliseconds. */
async function untilFree({ liveHere }: GateOptions, stream: StreamKey, ms: number): Promise<void> {
  const late = performance.now() + ms;
  while (liveHere(stream) !== null && performance.now() < late) await delay(FREE_POLL_MS);
}
