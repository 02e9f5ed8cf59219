import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, delimiter, join, resolve } from 'node:path';
import { SupervisorError } from '../errors.js';
import { runProgram } from '../system/run-program.js';
import { childEnvironment } from './environment.js';

/** The program that children run. */
export interface Binary {
  readonly path: string;
  /** `none`: there are no children. */
  readonly kind: 'srs' | 'mini-srs' | 'none';
  /** Version as printed by `-v`: `7.0.18`. */
  readonly version: string;
  /**
   * True if `rtc_server` and `srt_server` accept `ip:port`; older SRS read that as another port.
   */
  readonly bindsMedia: boolean;
  /** Command before SRS's own arguments; it must exec, so that the pid stays. */
  readonly command: readonly string[];
}

/** No children; the version is that of the SRS whose API we speak. */
export const NO_BINARY: Binary = {
  path: '',
  kind: 'none',
  version: '7.0.18',
  bindsMedia: true,
  command: [],
};

const DEFAULT_PATH = '/usr/local/srs/objs/srs';
/** First SRS whose media servers bind the configured address. */
const BINDS_MEDIA = '7.0.67';
const MEND = 'set srs.binary to an SRS program, or to auto';

/**
 * Finds the program. `auto`: `srs-bin/srs` below `root` (our package), $SRS_BIN, SRS's default
 * path, PATH, else our mini-srs. Throws ERR_CHILD_BINARY.
 */
export async function resolveBinary(
  setting: string,
  env: NodeJS.ProcessEnv,
  root: string,
): Promise<Binary> {
  if (setting !== 'auto') return inspect(resolve(setting), env);
  const own = join(root, 'srs-bin', 'srs');
  if (await isExecutable(own)) return inspect(own, env);
  const named = env.SRS_BIN;
  if (named !== undefined && named !== '') return inspect(resolve(named), env);
  const found = (await isExecutable(DEFAULT_PATH)) ? DEFAULT_PATH : await findProgram('srs', env);
  return inspect(found ?? join(root, 'srs-bin', 'mini-srs'), env);
}

/** Returns the first executable of that name in PATH; null if none. */
async function findProgram(name: string, env: NodeJS.ProcessEnv): Promise<string | null> {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const folder of folders) {
    const path = resolve(folder, name);
    if (await isExecutable(path)) return path;
  }
  return null;
}

async function inspect(path: string, env: NodeJS.ProcessEnv): Promise<Binary> {
  if (!(await isExecutable(path))) throw failure(path, 'no executable file');
  const kind = basename(path).startsWith('mini-srs') ? 'mini-srs' : 'srs';
  // Not by its shebang: our Node may not be in PATH.
  const command = kind === 'mini-srs' ? [process.execPath, path] : [path];
  const {
    exitCode,
    output,
    failure: reason,
  } = await runProgram([...command, '-v'], { env: childEnvironment(env) });
  const version = /\d{1,6}\.\d{1,6}\.\d{1,6}/.exec(output)?.[0];
  if (exitCode === 0 && version !== undefined) {
    const bindsMedia = kind === 'mini-srs' || isAtLeast(version, BINDS_MEDIA);
    return { path, kind, version, bindsMedia, command };
  }
  throw failure(path, `'-v' gave no version (${reason || `exit code ${exitCode}`})`);
}

/** Compares versions of the form `7.0.18`. */
export function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function failure(path: string, reason: string): SupervisorError {
  return new SupervisorError('ERR_CHILD_BINARY', `srs.binary: ${path}: ${reason}: ${MEND}`);
}
