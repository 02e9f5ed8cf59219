import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from './exchange.js';
import type { ChildPorts } from './types.js';

/** Whom a probe asks. */
export interface ProbeTarget {
  readonly ports: Pick<ChildPorts, 'rtmp' | 'api'>;
  readonly pid: number;
  /** `Authorization` that the child's API asks for, or null. */
  readonly authorization: string | null;
}

/** Milliseconds, but for `misses`. */
export interface ProbeTimes {
  readonly startLimit: number;
  readonly aliveEvery: number;
  readonly timeLimit: number;
  /** Unanswered probes in a row that make a child hung. */
  readonly misses: number;
}

export const PROBE_TIMES: ProbeTimes = {
  startLimit: 30_000,
  aliveEvery: 2_000,
  timeLimit: 2_000,
  misses: 3,
};

const FIRST_POLL_MS = 25;
const SLOWEST_POLL_MS = 200;
const C0C1 = Buffer.alloc(1 + 1536);
C0C1[0] = 3;

/** Waits until the child serves RTMP and its API; false where `startLimit` passes before. */
export async function untilReady(
  target: ProbeTarget,
  times: ProbeTimes,
  signal: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + times.startLimit;
  for (let wait = FIRST_POLL_MS; performance.now() < end; ) {
    if (await isReady(target, times.timeLimit)) return true;
    await delay(wait, undefined, { signal });
    wait = Math.min(wait * 1.5, SLOWEST_POLL_MS);
  }
  return false;
}

/**
 * Resolves when the child has left `misses` probes in a row unanswered; `onProbe` is told of each.
 * Rejects on abort.
 */
export async function untilHung(
  target: ProbeTarget,
  times: ProbeTimes,
  signal: AbortSignal,
  onProbe: (answered: boolean) => void = () => {},
): Promise<void> {
  for (let misses = 0; misses < times.misses; ) {
    // Jitter: hundreds of children are not all asked at one moment. A silent one is asked on at once.
    const wait = misses > 0 ? SLOWEST_POLL_MS : times.aliveEvery * (0.75 + Math.random() / 2);
    await delay(wait, undefined, { signal });
    const pid = await askPid(target, times.timeLimit).catch(() => null);
    misses = pid === target.pid ? 0 : misses + 1;
    onProbe(misses === 0);
  }
}

/** Whether RTMP answers a handshake and the process that answers API requests is this child. */
export async function isReady(target: ProbeTarget, timeLimit: number): Promise<boolean> {
  const rtmp = answersRtmp(target.ports.rtmp, timeLimit).catch(() => false);
  const pid = askPid(target, timeLimit).catch(() => null);
  return (await rtmp) && (await pid) === target.pid;
}

/** Sends C0 and C1, and waits for S0 (RTMP 1.0 §5.2). */
async function answersRtmp(port: number, timeLimit: number): Promise<boolean> {
  const signal = AbortSignal.timeout(timeLimit);
  const socket = connect({ host: '127.0.0.1', port });
  try {
    socket.write(C0C1);
    const answer = once(socket, 'data', { signal }).then(([chunk]) => chunk[0] === 3);
    return await Promise.race([answer, once(socket, 'close', { signal }).then(() => false)]);
  } finally {
    socket.destroy();
  }
}

/** The pid in the API's answer. SRS shares its port with strangers, so an answer alone proves nothing. */
async function askPid({ ports, authorization }: ProbeTarget, timeLimit: number): Promise<number> {
  const api = { port: ports.api, authorization, signal: AbortSignal.timeout(timeLimit) };
  const [versions = ''] = await exchange(api, [{ method: 'GET', path: '/api/v1/versions' }]);
  return Number(JSON.parse(versions).pid);
}
