import { execa } from 'execa';

export interface Outcome {
  /** Null where it never ran, was killed, or took too long. */
  readonly exitCode: number | null;
  /** Standard output and error together. */
  readonly output: string;
  /** What the system said where it could not be started at all. */
  readonly failure: string;
}

const TIME_LIMIT_MS = 10_000;

/** Runs a short program to its end. Never rejects. */
export async function run(
  command: readonly string[],
  env: Record<string, string>,
  cwd?: string,
): Promise<Outcome> {
  const [file = '', ...args] = command;
  const result = await execa(file, args, {
    env,
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: TIME_LIMIT_MS,
    forceKillAfterDelay: 500,
    maxBuffer: 256 * 1024,
  });
  const failure = result.timedOut ? `no end after ${TIME_LIMIT_MS} ms` : result.originalMessage;
  return {
    exitCode: result.exitCode ?? null,
    output: result.all ?? '',
    failure: failure ?? '',
  };
}
