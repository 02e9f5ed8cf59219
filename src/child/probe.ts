import { once } from 'node:events';
import { connect } from 'node:net';
import { exchange } from '../child-access/exchange.js';
import { takePlace } from '../child-access/places.js';
import { codeOf, isOwnFault } from '../errors.js';
import type { ChildPorts } from './types.js';

/** The child that a probe asks. */
export interface ProbeTarget {
  readonly ports: Pick<ChildPorts, 'rtmp' | 'api'>;
  readonly pid: number;
  /** `Authorization` header for the child's API; null: none. */
  readonly authorization: string | null;
}

export interface Probed {
  /** Its API answers with the pid of this child. */
  readonly api: boolean;
  /** RTMP answers a handshake; false if RTMP was not asked. */
  readonly rtmp: boolean;
  /** Error code if the probe failed on our side: `EMFILE`, …; null: none. */
  readonly ownFaults: readonly string[];
}

const C0C1 = Buffer.alloc(1 + 1536);
C0C1[0] = 3;

/**
 * Asks a child's API. Resolves, never rejects, with the answer, at the latest after `timeLimit`.
 */
export async function probeApi(target: ProbeTarget, timeLimit: number): Promise<Probed> {
  const { ok: api, ownFaults } = await asked(asksPid(target, timeLimit));
  return { api, rtmp: false, ownFaults };
}

/** Asks a child's API and its RTMP port at the same time. Never rejects. */
export async function probeBoth(target: ProbeTarget, timeLimit: number): Promise<Probed> {
  const [api, rtmp] = await Promise.all([
    asked(asksPid(target, timeLimit)),
    asked(answersRtmp(target.ports.rtmp, timeLimit)),
  ]);
  const ownFaults = [...new Set([...api.ownFaults, ...rtmp.ownFaults])];
  return { api: api.ok, rtmp: rtmp.ok, ownFaults };
}

/** Resolves to whether a child's RTMP port answers; null if that failed on our side. */
export async function probeRtmp(port: number, timeLimit: number): Promise<boolean | null> {
  const { ok, ownFaults } = await asked(answersRtmp(port, timeLimit));
  return ownFaults.length > 0 ? null : ok;
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

/**
 * Resolves with whether the API answers with the child's pid. Another process may share the port,
 * so an answer alone proves nothing.
 */
async function asksPid(
  { ports, pid, authorization }: ProbeTarget,
  timeLimit: number,
): Promise<boolean> {
  const signal = AbortSignal.timeout(timeLimit);
  const api = { purpose: 'probe', port: ports.api, authorization, signal, silenceMs: 0 } as const;
  const [versions = ''] = await exchange(api, [{ method: 'GET', path: '/api/v1/versions' }]);
  return Number(JSON.parse(versions).pid) === pid;
}
