import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { exchange } from '../child-access/exchange.js';
import { readProcess } from './process.js';
import type { ChildPorts } from './types.js';

/** A process that was started as SRS and may be a wrapper. */
export interface Suspect {
  readonly pid: number;
  /** The config path in its command. */
  readonly conf: string;
  readonly ports: Pick<ChildPorts, 'api'>;
  readonly authorization: string | null;
}

const POLL_MS = 500;
const API_LIMIT_MS = 2_000;
const MOST_LEVELS = 4;
/** Most bytes read of a script. */
const SCRIPT_BYTES = 64 * 1024;

/**
 * Resolves with the pid of an SRS that a wrapper script started as its child: signals, CPU figures
 * and health would be those of the wrapper. Rejects on abort.
 */
export async function untilWrapped(suspect: Suspect, signal: AbortSignal): Promise<number> {
  for (;;) {
    await delay(POLL_MS, undefined, { signal });
    const inner = await findInner(suspect);
    if (inner !== null && (await askPid(suspect).catch(() => null)) === inner) return inner;
  }
}

/** Resolves with whether a program is a readable script without `exec`; a hint only. */
export async function isScriptWithoutExec(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null);
  if (file === null) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SCRIPT_BYTES), 0, SCRIPT_BYTES, 0);
    const text = buffer.toString('latin1', 0, bytesRead);
    return text.startsWith('#!') && !text.includes('exec');
  } finally {
    await file.close();
  }
}

/** Finds a descendant with the same config; SRS's own ffmpegs have none. */
async function findInner({ pid, conf }: Suspect): Promise<number | null> {
  let level = [pid];
  for (let depth = 0; depth < MOST_LEVELS && level.length > 0; depth++) {
    level = (await Promise.all(level.map(childrenOf))).flat();
    for (const child of level) {
      if ((await readProcess(child))?.args.includes(conf)) return child;
    }
  }
  return null;
}

/** Returns none if the kernel does not list children (CONFIG_PROC_CHILDREN), or without /proc. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

async function askPid({ ports, authorization }: Suspect): Promise<number> {
  const signal = AbortSignal.timeout(API_LIMIT_MS);
  const api = { purpose: 'probe', port: ports.api, authorization, signal } as const;
  const [versions = ''] = await exchange(api, [{ method: 'GET', path: '/api/v1/versions' }]);
  return Number(JSON.parse(versions).pid);
}
