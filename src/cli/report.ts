import { codeOf, messageOf, SupervisorError } from '../errors.js';

/** Advice to users, by the system's error code. */
const MENDS: Readonly<Record<string, string>> = {
  EMFILE: 'raise it (systemd: LimitNOFILE)',
  ENFILE: 'raise it',
  EACCES: 'give this user the right, or name another path',
  EPERM: 'give this user the right',
  EROFS: 'name another path',
  ENOSPC: 'make room on it',
  ENOMEM: 'this machine has too little memory',
  EAGAIN: 'see ulimit -u and the memory of this machine',
};

/** Returns whether flags or environment set `log.format` to json, whatever a file says. */
export function wantsJson(args: readonly string[], env: NodeJS.ProcessEnv): boolean {
  const at = args.lastIndexOf('--log-format');
  const [last] = args.filter((arg) => arg.startsWith('--log-format=')).slice(-1);
  const flag = last?.slice('--log-format='.length) ?? (at < 0 ? undefined : args[at + 1]);
  return (flag ?? env.SRS_SUPERVISOR_LOG_FORMAT) === 'json';
}

/** Formats a report as a line of a JSON log, as `log.format: json` has them. */
export function jsonLine(text: string): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ level: 'error', time, msg: text })}\n`;
}

/** Formats an error for users: one line, or the stack if it is an error of the program. */
export function reportOf(error: unknown): { readonly text: string; readonly exitCode: 1 | 2 } {
  if (error instanceof SupervisorError) return { text: error.message, exitCode: error.exitCode };
  if (!(error instanceof Error)) return { text: messageOf(error), exitCode: 1 };
  if (!('syscall' in error)) return { text: error.stack ?? error.message, exitCode: 1 };
  const [line = ''] = messageOf(error).split('\n');
  const mend = MENDS[codeOf(error)];
  return { text: mend === undefined ? line : `${line}; ${mend}`, exitCode: 1 };
}
