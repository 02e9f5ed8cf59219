import { threadId } from 'node:worker_threads';

/** Prefix of this thread's connection ids, which makes them unique across threads. */
const THREAD = threadId === 0 ? '' : `${threadId.toString(36)}-`;

/** Number of this thread's connections so far, on all its listeners. */
let counter = 0;
/** Distinguishes ids from those of programs that ran in this process before. */
let mark = '';

/** Returns the sign of the ids that this thread gives. */
export function idMark(): string {
  return mark;
}

/** Sets the sign of the ids that this thread gives from now on. */
export function markIds(sign: string): void {
  mark = sign;
}

/** Returns an id that no other connection of this process has. */
export function nextId(): string {
  counter += 1;
  return THREAD + mark + counter.toString(36).padStart(6, '0');
}
