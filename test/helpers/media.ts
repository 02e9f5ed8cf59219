import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLIP } from './paths.js';

/** A running ffmpeg. */
export class Ffmpeg {
  readonly process: ChildProcess;
  #errors = '';
  #output = '';
  readonly #ended: Promise<number | null>;

  /** `prefix`: a program that runs it elsewhere, with its arguments. */
  constructor(
    program: 'ffmpeg' | 'ffprobe',
    args: readonly string[],
    prefix: readonly string[] = [],
  ) {
    const [file = '', ...words] = [...prefix, program, '-v', 'error', ...args];
    this.process = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.process.stdout?.on('data', (text: Buffer) => {
      this.#output += text;
    });
    this.process.stderr?.on('data', (text: Buffer) => {
      this.#errors += text;
    });
    this.#ended = once(this.process, 'close').then(([code]) => code as number | null);
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** The exit code; null if it was ended by a signal. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    if (this.isRunning) this.process.kill('SIGKILL');
    await this.#ended;
  }
}

/** Publishes the clip in a loop in real time. */
export function publish(url: string): Ffmpeg {
  return new Ffmpeg('ffmpeg', ['-re', ...clip(-1), '-f', 'flv', url]);
}

/** Writes so many repetitions of the clip to a file, without waiting. */
export function writeTimes(path: string, times: number): Ffmpeg {
  return new Ffmpeg('ffmpeg', [...clip(times - 1), '-f', 'flv', path]);
}

/** `loops`: repetitions after the first; -1: without end. */
function clip(loops: number): string[] {
  return ['-stream_loop', String(loops), '-i', CLIP, '-c', 'copy'];
}

/** Plays until so many video frames are decoded. */
export function playFrames(url: string, frames: number): Ffmpeg {
  const progress = ['-progress', 'pipe:1', '-nostats'];
  const output = ['-map', '0:v:0', '-frames:v', `${frames}`, '-f', 'null', '-'];
  return new Ffmpeg('ffmpeg', [...progress, '-xerror', '-i', url, ...output]);
}

/** Resolves when exactly so many frames were decoded and the exit code is 0. */
export async function assertDecoded(player: Ffmpeg, frames: number): Promise<void> {
  assert.equal(await player.ended, 0, player.errors);
  assert.equal(framesOf(player), frames);
}

/** Returns the number of frames that an ffmpeg with `-progress` has decoded. */
export function framesOf({ output }: Ffmpeg): number {
  return Number([...output.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1] ?? 0);
}
