import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Its folder on most systems; a service's PATH may lack it. */
const SBIN = '/usr/sbin/nft';

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

export interface NftHandlers {
  /** One answer: a line of JSON. */
  onLine(line: string): void;
  /** Hears nft's complaints, line by line. */
  onError(line: string): void;
}

/**
 * An nft that stays: a table that it owns is there while it is, and it is there while we are, since
 * it ends with its standard input. Nobody's signals but ours reach it.
 */
export class Nft {
  readonly #process: Process;
  /** Resolves, never rejects, with the reason when it has gone. */
  readonly ended: Promise<string>;

  constructor({ onLine, onError }: NftHandlers) {
    const program = existsSync(SBIN) ? SBIN : 'nft';
    this.#process = spawn(program, ['-j', '-i'], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      cwd: '/',
    });
    const { stdin, stdout, stderr } = this.#process;
    stdin.on('error', () => {});
    createInterface({ input: stdout }).on('line', onLine);
    createInterface({ input: stderr }).on('line', onError);
    this.ended = new Promise((resolve) => {
      this.#process.once('error', ({ message }) => resolve(message));
      this.#process.once('close', () => resolve('nft has ended'));
    });
  }

  /** Commands in one line happen all or not at all. */
  run(line: string): void {
    this.#process.stdin.write(`${line}\n`);
  }

  /** Resolves when the table is gone too. */
  async close(): Promise<void> {
    this.#process.stdin.end();
    await this.ended;
  }
}
