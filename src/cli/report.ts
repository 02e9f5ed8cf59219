import { codeOf, messageOf, SupervisorError } from '../errors.js';

/** Advice to users, by the system's error code. */
const MENDS: Readonly<Record<string, string>> = {
  EMFILE: 'raise ulimit -n (systemd: LimitNOFILE)',
  ENFILE: 'this machine has no descriptor left: see sysctl fs.file-max',
  ENOSPC: 'that disk is full',
  EACCES: 'give this user the right, or name another path',
  EPERM: 'give this user the right',
  EROFS: 'that file system is read-only: name another path',
  ENOMEM: 'this machine has too little memory',
  EAGAIN: 'see ulimit -u and the memory of this machine',
};

/** Formats an error for users: one line, or the stack if it is an error of the program. */
export function reportOf(error: unknown): { readonly text: string; readonly exitCode: 1 | 2 } {
  if (error instanceof SupervisorError) return { text: error.message, exitCode: error.exitCode };
  if (!(error instanceof Error)) return { text: messageOf(error), exitCode: 1 };
  if (!('syscall' in error)) return { text: error.stack ?? error.message, exitCode: 1 };
  const [line = ''] = error.message.split('\n');
  const mend = MENDS[codeOf(error)];
  return { text: mend === undefined ? line : `${line}; ${mend}`, exitCode: 1 };
}
