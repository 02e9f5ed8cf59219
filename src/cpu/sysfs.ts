import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.js';
import { parseAllowedList, parseCpuList, parseCpuMask } from './cpuset.js';

const MAX_WARNINGS = 16;

/**
 * Reads small kernel files below a root: `/`, or a directory with a copy of another machine's
 * `sys/` and `proc/`. A missing, unreadable or malformed file reads as null; a malformed one is
 * named in `warnings`, too. Kernels differ too much for either to be an error.
 */
export class Sysfs {
  readonly #warnings: string[] = [];
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** The first warnings, one line each; a strange kernel may cause one for every CPU. */
  get warnings(): readonly string[] {
    const more = this.#warnings.length - MAX_WARNINGS;
    if (more <= 0) return this.#warnings;
    return [...this.#warnings.slice(0, MAX_WARNINGS), `and ${more} more of the kind`];
  }

  warn(warning: string): void {
    this.#warnings.push(warning);
  }

  /** Reads a file's text, trimmed. Some kernels end it with a stray NUL byte. */
  text(path: string): string | null {
    try {
      const text = readFileSync(join(this.#root, path), 'utf8');
      return (text.split('\0', 1)[0] ?? '').trim();
    } catch {
      return null;
    }
  }

  /** Reads a file that holds one integer. */
  number(path: string): number | null {
    const text = this.text(path);
    return text !== null && /^-?\d+$/.test(text) ? Number(text) : null;
  }

  /** Reads a file in list form (`0-3,8`). */
  list(path: string): number[] | null {
    return this.#parsed(path, parseCpuList);
  }

  /** Reads a file in mask form (`ff,00000000`). */
  mask(path: string): number[] | null {
    return this.#parsed(path, parseCpuMask);
  }

  /** Reads the `Cpus_allowed_list` of a /proc/PID/status. */
  allowedList(path: string): number[] | null {
    return this.#parsed(path, parseAllowedList);
  }

  /** Returns the sorted numbers N of the entries `prefixN` in a directory. */
  numbered(directory: string, prefix: string): number[] {
    const pattern = new RegExp(`^${prefix}(\\d+)$`);
    return this.#entries(directory)
      .flatMap((name) => pattern.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  #entries(directory: string): string[] {
    try {
      return readdirSync(join(this.#root, directory));
    } catch {
      return [];
    }
  }

  #parsed(path: string, parse: (text: string) => number[] | null): number[] | null {
    const text = this.text(path);
    if (text === null) return null;
    try {
      return parse(text);
    } catch (error) {
      this.warn(`/${path}: ${messageOf(error)}`);
      return null;
    }
  }
}
