/** Stable error codes: programs check the code, people read the message. */
export type ErrorCode =
  | 'ERR_CONFIG'
  | 'ERR_USAGE'
  | 'ERR_CHILD_CONFIG'
  | 'ERR_CHILD_BINARY'
  | 'ERR_CHILD_START'
  | 'ERR_LISTEN'
  | 'ERR_LOCKED'
  | 'ERR_NO_CHILD'
  | 'ERR_ADMIN'
  | 'ERR_BUSY'
  | 'ERR_JOB'
  | 'ERR_RELOAD'
  | 'ERR_UPGRADE'
  | 'ERR_REGISTRY'
  | 'ERR_REGISTRY_AWAY'
  | 'ERR_PROTOCOL';

const USER_CODES = new Set<ErrorCode>([
  'ERR_CONFIG',
  'ERR_USAGE',
  'ERR_CHILD_CONFIG',
  'ERR_CHILD_BINARY',
  'ERR_LISTEN',
  'ERR_LOCKED',
]);

/**
 * The one error class of the project. The message is a single line that names what failed, where,
 * the value, and how to mend it; the original error, if any, is in `cause`.
 */
export class SupervisorError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SupervisorError';
    this.code = code;
  }

  /** Process exit code: 2 for bad usage or configuration, 1 for a failure while running. */
  get exitCode(): 1 | 2 {
    return USER_CODES.has(this.code) ? 2 : 1;
  }
}

/**
 * Returns the message of anything that was thrown. Errors of the system and of Node, which users
 * may read, are put in plain words, with the path or the address.
 */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node tries each address of a host, and says only that all failed.
  const [first] = error instanceof AggregateError ? error.errors : [];
  if (first !== undefined && error.message === '') return messageOf(first);
  if (isLate(error)) return 'no answer in time';
  if (error.message === 'socket hang up') return 'the connection was closed without an answer';
  const reason = 'syscall' in error ? SYSTEM_REASONS[codeOf(error)] : undefined;
  return reason === undefined ? error.message : `${placeOf(error)}${reason}`;
}

/** Reports whether a time limit has ended what failed. */
function isLate({ name, cause }: Error): boolean {
  return name === 'TimeoutError' || (cause instanceof Error && cause.name === 'TimeoutError');
}

/** Returns the path, address or host name of a system error, to stand before its reason. */
function placeOf(error: Error): string {
  const { path, address, port, hostname } = error as NodeJS.ErrnoException & SocketPlace;
  const host = address?.includes(':') ? `[${address}]` : address;
  const place = path ?? (port === undefined ? (host ?? hostname) : `${host}:${port}`);
  return place === undefined ? '' : `${place}: `;
}

interface SocketPlace {
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

/** Plain words for frequent system errors, by code. */
const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EISDIR: 'it is a directory, not a file',
  ENOTDIR: 'a part of that path is a file, not a directory',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EROFS: 'that file system is read-only',
  ENOSPC: 'that disk is full',
  EDQUOT: 'the disk quota is used up',
  ELOOP: 'its symbolic links go in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'this process has no file descriptor left (ulimit -n)',
  ENFILE: 'this machine has no file descriptor left (sysctl fs.file-max)',
  EADDRINUSE: 'the port is taken',
  EADDRNOTAVAIL: 'this machine has no such address',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'the name service does not answer',
};

/** Returns a failure's reason: plain words for a known system code, else the message. */
export function plainReason(error: unknown): string {
  return SYSTEM_REASONS[codeOf(error)] ?? messageOf(error);
}

/** Returns the code of a Node system error (`ECONNREFUSED`, …), or '' if it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** System errors for our own lack of descriptors, memory or ports. */
const OWN_FAULTS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EAGAIN']);

/** Reports whether a failed connection is our own side's fault, and proves nothing of the peer. */
export function isOwnFault(error: unknown): boolean {
  return OWN_FAULTS.has(codeOf(error));
}
