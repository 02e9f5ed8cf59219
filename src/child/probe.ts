import { once } from 'node:events';
import { connect } from 'node:net';
import { exchange } from '../child-access/exchange.js';
import { takePlace } from '../child-access/places.js';
import { codeOf, isOwnFault } from '../errors.js';
import type { ChildPorts } from './types.js';

/** Whom a probe asks. */
export interface ProbeTarget {
  readonly ports: Pick<ChildPorts, 'rtmp' | 'api'>;
  readonly pid: number;
  /** `Authorization` that the child's API asks for, or null. */
  readonly authorization: string | null;
}

/** What came of one probe. */
export interface Probed {
  /** Its API answers, and by the pid that it tells it is this child. */
  readonly api: boolean;
  /** RTMP answers a handshake; false where it was not asked. */
  readonly rtmp: boolean;
  /** Why we ourselves could not ask: `EMFILE`, … */
  readonly ownFaults: readonly string[];
}

const C0C1 = Buffer.alloc(1 + 1536);
C0C1[0] = 3;

/** Asks a child's API; never rejects. Resolves at once when it answers, by `timeLimit` at the latest. */
export async function probeApi(target: ProbeTarget, timeLimit: number): Promise<Probed> {
  const { ok: api, ownFaults } = await asked(asksPid(target, timeLimit));
  return { api, rtmp: false, ownFaults };
}

/** Asks a child's API and its RTMP port at one time; never rejects. */
export async function probeBoth(target: ProbeTarget, timeLimit: number): Promise<Probed> {
  const [api, rtmp] = await Promise.all([
    asked(asksPid(target, timeLimit)),
    asked(answersRtmp(target.ports.rtmp, timeLimit)),
  ]);
  const ownFaults = [...new Set([...api.ownFaults, ...rtmp.ownFaults])];
  return { api: api.ok, rtmp: rtmp.ok, ownFaults };
}

async function asked(question: Promise<boolean>): Promise<{ ok: boolean; ownFaults: string[] }> {
  try {
    return { ok: await question, ownFaults: [] };
  } catch (error) {
    return { ok: false, ownFaults: isOwnFault(error) ? [codeOf(error)] : [] };
  }
}

/** Sends C0 and C1, and waits for S0 (RTMP 1.0 §5.2). */
async function answersRtmp(port: number, timeLimit: number): Promise<boolean> {
  const signal = AbortSignal.timeout(timeLimit);
  const leave = await takePlace('probe', { port }, signal);
  const socket = connect({ host: '127.0.0.1', port }).once('close', leave);
  try {
    socket.write(C0C1);
    const answer = once(socket, 'data', { signal }).then(([chunk]) => chunk[0] === 3);
    return await Promise.race([answer, once(socket, 'close', { signal }).then(() => false)]);
  } finally {
    socket.destroy();
  }
}

/** Whether the API tells the child's pid. SRS shares its port with strangers, so an answer alone proves nothing. */
async function asksPid(
  { ports, pid, authorization }: ProbeTarget,
  timeLimit: number,
): Promise<boolean> {
  const signal = AbortSignal.timeout(timeLimit);
  const api = { purpose: 'probe', port: ports.api, authorization, signal, silenceMs: 0 } as const;
  const [versions = ''] = await exchange(api, [{ method: 'GET', path: '/api/v1/versions' }]);
  return Number(JSON.parse(versions).pid) === pid;
}
