import { readdir, readFile } from 'node:fs/promises';
import type { Logger } from '../logging/logger.js';
import { loadPosix, type Posix } from '../system/posix.js';

const EVERY_MS = 2_000;

/**
 * Reaps orphans. As PID 1 of a container we inherit the children of dead children, such as their
 * ffmpegs. Node waits only for processes that it started.
 */
export class OrphanReaper {
  readonly #posix: Posix;
  readonly #timer: NodeJS.Timeout;
  /** Zombies of the last look, as `pid-startTicks`. */
  #seen: ReadonlySet<string> = new Set();
  #looking: Promise<void> = Promise.resolve();

  private constructor(posix: Posix, everyMs: number) {
    this.#posix = posix;
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#reap());
    }, everyMs);
    this.#timer.unref();
  }

  /** Returns null, and logs a warning, if the C library cannot be called. */
  static async open(logger: Logger, everyMs = EVERY_MS): Promise<OrphanReaper | null> {
    const posix = await loadPosix();
    if (posix !== null) return new OrphanReaper(posix, everyMs);
    const text =
      'we are PID 1 and cannot reap orphans here (no koffi): start the container with an init (docker run --init)';
    logger.warn(text);
    return null;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  /**
   * A zombie that was there at the last look, many turns of the loop ago, is an orphan: Node reaps
   * its own children within one turn.
   */
  async #reap(): Promise<void> {
    const zombies = await ownZombies();
    for (const { pid, key } of zombies) if (this.#seen.has(key)) this.#posix.reap(pid);
    this.#seen = new Set(zombies.map(({ key }) => key));
  }
}

interface Zombie {
  readonly pid: number;
  readonly key: string;
}

/** Returns dead children of ours that nobody has waited for. */
async function ownZombies(): Promise<Zombie[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(readZombie));
  return found.filter((zombie) => zombie !== null);
}

async function readZombie(pid: string): Promise<Zombie | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc(5): after the name in parentheses come state, parent, …, and the start time as 20th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isOurs = fields[0] === 'Z' && Number(fields[1]) === process.pid;
  return isOurs ? { pid: Number(pid), key: `${pid}-${fields[19]}` } : null;
}
