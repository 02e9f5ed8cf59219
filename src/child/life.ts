import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, SupervisorError } from '../errors.js';
import { untilHung, untilReady } from './health.js';
import type { ChildLog } from './log.js';
import type { ProbeTarget } from './probe.js';
import { reasonIn } from './reason.js';
import type { Watching } from './silence.js';
import { type Exit, type SpawnPlan, spawnProcess } from './spawn.js';
import type { ProbeTimes } from './times.js';
import type { ChildPorts } from './types.js';
import { untilWrapped } from './wrapper.js';

export interface LifePlan {
  readonly spawn: SpawnPlan;
  readonly ports: ChildPorts;
  readonly authorization: string | null;
  readonly times: ProbeTimes;
  readonly log: ChildLog;
  readonly watching: Watching;
}

/** How a process ended, or why it was given up. */
export interface LifeEnd {
  /** `late`: it runs but was never ready. `broken`: the next one would end in the same way. */
  readonly kind: 'failed' | 'late' | 'broken';
  readonly reason: string;
}

/** One process of a child, from its start to its end. */
export interface Life {
  readonly pid: number;
  /** Resolves the moment it has ended, or is given up though it still runs. Never rejects. */
  readonly over: Promise<LifeEnd>;
  /** Resolves when the operating system has confirmed the end. Never rejects. */
  readonly exited: Promise<Exit>;
  kill(name: NodeJS.Signals): void;
}

/** SRS: config error 1023 modulo 256. A wrapper: what it should execute cannot be. */
const BROKEN_CODES = new Set([255, 126, 127]);
/** SRS: socket error 1002 modulo 256. */
const PORT_TAKEN_CODE = 234;
/** Its output may still be on the way when a process is gone. */
const LAST_WORDS_MS = 200;

/** Starts a process and watches it. Throws ERR_CHILD_BINARY where it cannot be started. */
export async function beginLife(
  plan: LifePlan,
  onReady: (pid: number) => Promise<void>,
): Promise<Life> {
  const spawned = await spawnProcess(plan.spawn);
  const { pid, exited } = spawned;
  plan.log.attach(spawned.stdout, spawned.stderr);
  const watching = new AbortController();
  const starting = new AbortController();
  let ready = false;
  const ended = exited.then(async (exit) => {
    watching.abort();
    starting.abort();
    if (exit.code !== null) await Promise.race([spawned.drained, delay(LAST_WORDS_MS)]);
    return judge(exit, ready, plan.log.tail());
  });
  const watched = watch({ ...plan, pid }, plan, watching.signal, async () => {
    starting.abort();
    await onReady(pid);
    ready = true;
  });
  // A watch that was called off has nothing to say; one that failed leaves nobody to notice a hang.
  const givenUp = watched.catch((error): LifeEnd | Promise<LifeEnd> =>
    watching.signal.aborted ? ended : { kind: 'failed', reason: messageOf(error) },
  );
  const wrapped = wrapperEnd(plan, pid, starting.signal).catch(() => givenUp);
  return { pid, exited, over: Promise.race([ended, givenUp, wrapped]), kill: spawned.kill };
}

/** The end of a life whose process is a wrapper. Rejects once it is known to be SRS. */
async function wrapperEnd(plan: LifePlan, pid: number, signal: AbortSignal): Promise<LifeEnd> {
  const { argv } = plan.spawn;
  const inner = await untilWrapped({ ...plan, pid, conf: argv.at(-1) ?? '' }, signal);
  const reason = `srs.binary starts SRS as another process, pid ${inner} below pid ${pid}: write exec before SRS in that script`;
  return { kind: 'broken', reason };
}

async function watch(
  target: ProbeTarget,
  { times, watching }: LifePlan,
  signal: AbortSignal,
  onReady: () => Promise<void>,
): Promise<LifeEnd> {
  const late = await untilReady(target, times, watching, signal);
  if (late !== null) return { kind: 'late', reason: late };
  await onReady();
  return { kind: 'failed', reason: await untilHung(target, times, watching, signal) };
}

/** Tells a config that SRS refuses from a crash: only the crash is worth another start. */
function judge({ code, signal }: Exit, wasReady: boolean, output: string): LifeEnd {
  if (code === null) return { kind: 'failed', reason: `killed by ${signal}` };
  const reason = reasonIn(output);
  const note = code === PORT_TAKEN_CODE ? ' (a port is taken)' : '';
  const kind = !wasReady && BROKEN_CODES.has(code) ? 'broken' : 'failed';
  return { kind, reason: `exit code ${code}${note}${reason === '' ? '' : `: ${reason}`}` };
}

/** The end of a life that `beginLife` could not begin. */
export function notBegun(error: unknown): LifeEnd {
  const broken = error instanceof SupervisorError && error.code === 'ERR_CHILD_BINARY';
  return { kind: broken ? 'broken' : 'failed', reason: messageOf(error) };
}
