import { SupervisorError } from '../errors.js';
import { runProgram } from '../system/run-program.js';
import type { Binary } from './binary.js';
import { reasonIn } from './reason.js';

export interface ConfTestOptions {
  /** Environment of the program. */
  readonly env: Record<string, string>;
  /** Name by which users know the file; default: its path. */
  readonly knownAs?: string;
  /** Milliseconds after which the program is killed; default: a minute. */
  readonly limitMs?: number;
}

/**
 * Has the program test a config file (`-t`). Throws ERR_CHILD_CONFIG with the program's reason,
 * under the name by which users know the file; a test without an end is no refusal, and says so.
 */
export async function testConf(
  binary: Binary,
  confPath: string,
  { knownAs = confPath, ...options }: ConfTestOptions,
): Promise<void> {
  const command = [...binary.command, '-t', '-c', confPath];
  const { exitCode, output, failure } = await runProgram(command, options);
  if (exitCode === 0) return;
  const reason = exitCode === null ? failure : refusal(exitCode, output);
  const verb = exitCode === null ? 'could not test it' : 'refuses it';
  throw new SupervisorError(
    'ERR_CHILD_CONFIG',
    `${knownAs}: ${binary.kind} ${binary.version} ${verb}: ${reason.replace(` in ${confPath}`, '')}`,
  );
}

/** The last line of SRS says that a test failed, the lines before say why. */
function refusal(exitCode: number, output: string): string {
  if (output === '') return `exit code ${exitCode}`;
  return reasonIn(output.replace(/^.*test is failed\s*$/m, ''));
}
