import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

/** A segment being written, with the suffix `.tmp` until it is complete. */
export class SegmentFile {
  readonly file: string;
  readonly #tmp: string;
  readonly #descriptor: number;

  constructor(file: string) {
    this.file = file;
    this.#tmp = `${file}.tmp`;
    mkdirSync(path.dirname(file), { recursive: true });
    this.#descriptor = openSync(this.#tmp, 'w');
  }

  write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }

  /** Completes the segment under its final name, where players see it. */
  finish(name = this.file): void {
    closeSync(this.#descriptor);
    renameSync(this.#tmp, name);
  }

  drop(): void {
    closeSync(this.#descriptor);
    rmSync(this.#tmp, { force: true });
  }
}
