import { setTimeout as delay } from 'node:timers/promises';
import { type ProbeTarget, probeApi, probeBoth } from './probe.js';
import { Silence, type Watching } from './silence.js';
import { Start } from './start.js';
import type { ProbeTimes } from './times.js';

const FIRST_POLL_MS = 25;
const SLOWEST_POLL_MS = 200;

/**
 * Waits until the child serves RTMP and its API. Returns null then, or the reason why it is late.
 * Rejects on abort.
 */
export async function untilReady(
  target: ProbeTarget,
  times: ProbeTimes,
  watching: Pick<Watching, 'loop' | 'logger'>,
  signal: AbortSignal,
): Promise<string | null> {
  const start = new Start(target.pid, times, watching);
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(wait * 1.5, SLOWEST_POLL_MS)) {
    const askedAt = performance.now();
    const probed = await probeBoth(target, start.timeLimit);
    if (probed.api && probed.rtmp) return null;
    const reason = start.missed(askedAt, probed);
    if (reason !== null) return reason;
    await delay(wait, undefined, { signal });
  }
}

/** Resolves with the reason once the child is hung and may be given up. Rejects on abort. */
export async function untilHung(
  target: ProbeTarget,
  times: ProbeTimes,
  watching: Watching,
  signal: AbortSignal,
): Promise<string> {
  const silence = new Silence(target.pid, times, watching);
  for (;;) {
    await untilDue(silence, times, watching, signal);
    const askedAt = performance.now();
    const probe = silence.isBegun ? probeBoth : probeApi;
    const probed = await probe(target, silence.timeLimit);
    const reason = silence.note(askedAt, probed);
    if (reason !== null) return reason;
  }
}

/** Resolves when the child has to be probed. Rejects on abort. */
async function untilDue(
  silence: Silence,
  { beatSlack }: ProbeTimes,
  { pulse }: Watching,
  signal: AbortSignal,
): Promise<void> {
  if (silence.isBegun) await delay(silence.wait(), undefined, { signal });
  else if ((await pulse.due(signal)) === 'late') silence.missedBeat(beatSlack);
}
