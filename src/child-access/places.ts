import { formatAddress } from '../config/address.js';
import { OWN_CONNECTIONS, type Purpose } from './reserve.js';

export interface ChildPort {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly port: number;
  /** Distinguishes children that are reached at one address; default: none are. */
  readonly child?: string;
}

/** Most requests that wait for a place of one purpose in one child. */
const MAX_WAITING = 256;
/** Requests of HLS viewers, whose number the limits of connections bound. */
const UNBOUNDED: ReadonlySet<Purpose> = new Set(['hlsSession', 'hlsPlaylist', 'hlsSegment']);

/** The places of one purpose in one child. */
class Line {
  readonly #most: number;
  readonly #mostWaiting: number;
  /** Begin the requests that wait, in the order of their arrival. */
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(purpose: Purpose) {
    this.#most = OWN_CONNECTIONS[purpose];
    this.#mostWaiting = UNBOUNDED.has(purpose) ? Number.POSITIVE_INFINITY : MAX_WAITING;
  }

  get isIdle(): boolean {
    return this.#taken === 0;
  }

  get isFull(): boolean {
    return this.#waiting.size >= this.#mostWaiting;
  }

  take(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#taken < this.#most) {
        this.#taken += 1;
        return resolve();
      }
      const begin = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(begin);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(begin);
    });
  }

  /** Hands a place to the request that has waited longest. */
  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

/** By purpose and child; a line without connections is removed. */
const lines = new Map<string, Line>();

/**
 * Waits for a place for one connection of our own to a child. Resolves with the function that gives
 * the place back, to be called once when the connection has closed. Rejects with the signal's
 * reason, and with EBUSY if too many wait.
 */
export async function takePlace(
  purpose: Purpose,
  { host = '127.0.0.1', port, child = '' }: ChildPort,
  signal?: AbortSignal,
): Promise<() => void> {
  const where = formatAddress({ host, port });
  const key = `${purpose} ${where} ${child}`;
  const line = lines.get(key) ?? new Line(purpose);
  if (line.isFull) {
    const text = `child at ${where}: too many requests of '${purpose}' wait for it`;
    throw Object.assign(new Error(text), { code: 'EBUSY' });
  }
  lines.set(key, line);
  await line.take(signal).finally(() => sweep(key, line));
  return () => {
    line.leave();
    sweep(key, line);
  };
}

function sweep(key: string, line: Line): void {
  if (line.isIdle && lines.get(key) === line) lines.delete(key);
}
