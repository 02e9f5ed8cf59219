import { SupervisorError } from '../errors.js';
import { runProgram } from '../system/run-program.js';
import type { Binary } from './binary.js';
import { reasonIn } from './reason.js';

/**
 * Has the program test a config file (`-t`). Throws ERR_CHILD_CONFIG with the program's reason,
 * under the name by which users know the file.
 */
export async function testConf(
  binary: Binary,
  confPath: string,
  env: Record<string, string>,
  knownAs: string = confPath,
): Promise<void> {
  const command = [...binary.command, '-t', '-c', confPath];
  const { exitCode, output, failure } = await runProgram(command, { env });
  if (exitCode === 0) return;
  const said = output === '' ? failure || `exit code ${exitCode}` : configReason(output);
  const reason = said.replace(` in ${confPath}`, '');
  throw new SupervisorError(
    'ERR_CHILD_CONFIG',
    `${knownAs}: ${binary.kind} ${binary.version} refuses it: ${reason}`,
  );
}

/** The last line of SRS says that a test failed, the lines before say why. */
function configReason(output: string): string {
  return reasonIn(output.replace(/^.*test is failed\s*$/m, ''));
}
