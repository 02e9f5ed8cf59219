import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BIN, ROOT } from './paths.js';

/** No other ports than a test names. */
export const OTHERS_OFF = Object.fromEntries(
  ['HTTP', 'API', 'RTC', 'SRT'].map((name) => [`SRS_SUPERVISOR_LISTEN_${name}`, 'off']),
);

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** `ulimit -n` of the process. */
  readonly files?: number;
  /** Command prefix that execs the program. */
  readonly behind?: readonly string[];
  /** SIGTERM is sent when standard error contains this text. */
  readonly until?: string;
  /** SIGINT is sent when standard output contains this text. */
  readonly stopAt?: string;
}

/** Runs the command to its end. */
export async function cli(args: readonly string[], around: Surroundings = {}): Promise<Ended> {
  const { cwd = ROOT, env, files, behind = [] } = around;
  const program = [...behind, process.execPath, BIN, ...args];
  const limited = ['sh', '-c', `ulimit -n ${files}; exec "$@"`, 'sh', ...program];
  const [command = '', ...rest] = files === undefined ? program : limited;
  const child = spawn(command, rest, {
    cwd,
    env: { ...process.env, ...OTHERS_OFF, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A start that goes well by mistake is ended.
    timeout: 60_000,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
    if (around.stopAt === undefined || child.killed || !stdout.includes(around.stopAt)) return;
    child.kill('SIGINT');
  });
  child.stderr.on('data', (text) => {
    stderr += text;
    // Once: a second signal ends it at once.
    if (around.until === undefined || child.killed || !stderr.includes(around.until)) return;
    child.kill('SIGTERM');
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
