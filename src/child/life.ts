import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, SupervisorError } from '../errors.js';
import { adoptProcess } from './adopted-process.js';
import { untilHung, untilReady } from './health.js';
import type { RunningChild } from './kept.js';
import type { ChildLog } from './log.js';
import type { ProbeTarget } from './probe.js';
import { reasonIn } from './reason.js';
import type { Watching } from './silence.js';
import { type Exit, type Spawned, type SpawnPlan, spawnProcess } from './spawn.js';
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

/** End of a process, or of its use. */
export interface LifeEnd {
  /**
   * `late`: it runs but was never ready. `unbegun`: we could not start it. `broken`: the next one
   * would end in the same way.
   */
  readonly kind: 'failed' | 'late' | 'unbegun' | 'broken';
  readonly reason: string;
}

/** One process of a child, from its start to its end. */
export interface Life {
  readonly pid: number;
  /** Our ends of its output. */
  readonly outputs: readonly [stdout: Readable, stderr: Readable];
  /** Resolves, never rejects, when the process has ended or is given up. */
  readonly over: Promise<LifeEnd>;
  /** Resolves, never rejects, when the system has confirmed the end. */
  readonly exited: Promise<Exit>;
  kill(name: NodeJS.Signals): void;
  /**
   * Kills the process. If it has not ended soon after that, as in a disk wait, the life is over all
   * the same: its clients are not to wait for it.
   */
  force(): void;
}

/** Exit codes. SRS: config error 1023 modulo 256. A wrapper: its command cannot be executed. */
const BROKEN_CODES = new Set([255, 126, 127]);
/** SRS: socket error 1002 modulo 256. */
const PORT_TAKEN_CODE = 234;
/** Milliseconds for the output of an ended process to arrive. */
const LAST_WORDS_MS = 200;
/** Milliseconds that a killed process may take to end. */
const KILL_MS = 5_000;
const NOT_KILLED = 'it does not end, though it was killed';

/** Starts and watches a process. Throws ERR_CHILD_BINARY if it cannot be started. */
export async function beginLife(
  plan: LifePlan,
  onReady: (pid: number) => Promise<void>,
): Promise<Life> {
  return lead(plan, await spawnProcess(plan.spawn), onReady, false);
}

/** Watches a process that the program before this one has started; `isReady`: it has been ready. */
export async function continueLife(
  plan: LifePlan,
  { process, isReady }: RunningChild,
  onReady: (pid: number) => Promise<void>,
): Promise<Life> {
  return lead(plan, await adoptProcess(process), onReady, isReady);
}

function lead(
  plan: LifePlan,
  spawned: Spawned,
  onReady: (pid: number) => Promise<void>,
  wasReady: boolean,
): Life {
  const { pid, exited, stdout, stderr } = spawned;
  plan.log.attach(stdout, stderr);
  const watching = new AbortController();
  const starting = new AbortController();
  let ready = wasReady;
  const ended = exited.then(async (exit) => {
    watching.abort();
    starting.abort();
    if (exit.code !== null) await Promise.race([spawned.drained, delay(LAST_WORDS_MS)]);
    return judge(exit, ready, plan.log.tail());
  });
  const begun = async () => {
    starting.abort();
    await onReady(pid);
    ready = true;
  };
  const watched = watch({ ...plan, pid }, { plan, wasReady }, watching.signal, begun);
  // An aborted watch has no result; a failed one must not leave a hang unnoticed.
  const givenUp = watched.catch((error): LifeEnd | Promise<LifeEnd> =>
    watching.signal.aborted ? ended : { kind: 'failed', reason: messageOf(error) },
  );
  const wrapped = wrapperEnd(plan, pid, starting.signal).catch(() => givenUp);
  const { kill } = spawned;
  let abandon: (end: LifeEnd) => void = () => {};
  const stuck = new Promise<LifeEnd>((resolve) => {
    abandon = resolve;
  });
  const force = () => {
    kill('SIGKILL');
    const late = setTimeout(() => {
      plan.watching.logger.error({ pid }, `${NOT_KILLED}: see its state in /proc/${pid}/status`);
      abandon({ kind: 'failed', reason: NOT_KILLED });
    }, KILL_MS);
    void exited.then(() => clearTimeout(late));
  };
  const over = Promise.race([ended, givenUp, wrapped, stuck]);
  return { pid, outputs: [stdout, stderr], exited, over, kill, force };
}

/** Resolves when the process turns out to be a wrapper. Rejects once it is known to be SRS. */
async function wrapperEnd(plan: LifePlan, pid: number, signal: AbortSignal): Promise<LifeEnd> {
  const { argv } = plan.spawn;
  const inner = await untilWrapped({ ...plan, pid, conf: argv.at(-1) ?? '' }, signal);
  const reason = `srs.binary starts SRS as another process, pid ${inner} below pid ${pid}: write exec before SRS in that script`;
  return { kind: 'broken', reason };
}

async function watch(
  target: ProbeTarget,
  { plan: { times, watching }, wasReady }: { readonly plan: LifePlan; readonly wasReady: boolean },
  signal: AbortSignal,
  onReady: () => Promise<void>,
): Promise<LifeEnd> {
  const late = wasReady ? null : await untilReady(target, times, watching, signal);
  if (late !== null) return { kind: 'late', reason: late };
  await onReady();
  return { kind: 'failed', reason: await untilHung(target, times, watching, signal) };
}

/** Distinguishes a refused config from a crash: only a crash is worth another start. */
function judge({ code, signal }: Exit, wasReady: boolean, output: string): LifeEnd {
  if (code === null) return { kind: 'failed', reason: `killed by ${signal}` };
  const reason = reasonIn(output);
  const note = code === PORT_TAKEN_CODE ? ' (a port is taken)' : '';
  const kind = !wasReady && BROKEN_CODES.has(code) ? 'broken' : 'failed';
  return { kind, reason: `exit code ${code}${note}${reason === '' ? '' : `: ${reason}`}` };
}

/** Returns the end of a life that `beginLife` could not begin. */
export function notBegun(error: unknown): LifeEnd {
  const broken = error instanceof SupervisorError && error.code === 'ERR_CHILD_BINARY';
  return { kind: broken ? 'broken' : 'unbegun', reason: messageOf(error) };
}
