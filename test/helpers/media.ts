import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLIP } from './paths.js';

/** Who is sent away hears it within so long. */
const AT_ONCE_MS = 3000;

/** An ffmpeg under way. */
export class Ffmpeg {
  #process: ChildProcess;
  #errors = '';
  #output = '';
  #isSettled = false;
  readonly #ended: Promise<number | null>;

  /** `again`: starts once more where it is turned away at once, as encoders do. */
  constructor(program: 'ffmpeg' | 'ffprobe', args: readonly string[], again = false) {
    const start = () =>
      spawn(program, ['-v', 'error', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = start();
    this.#ended = this.#run(again ? start : null);
  }

  async #run(again: (() => ChildProcess) | null): Promise<number | null> {
    const startedAt = Date.now();
    this.#process.stdout?.on('data', (text: Buffer) => {
      this.#output += text;
    });
    this.#process.stderr?.on('data', (text: Buffer) => {
      this.#errors += text;
    });
    const [code] = (await once(this.#process, 'close')) as [number | null];
    const isTurnedAway = code !== 0 && !this.#isSettled && Date.now() - startedAt < AT_ONCE_MS;
    if (again === null || !isTurnedAway) return code;
    this.#process = again();
    return this.#run(null);
  }

  get process(): ChildProcess {
    return this.#process;
  }

  /** It has been let in: from here on its end is the end. */
  settled(): void {
    this.#isSettled = true;
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** The exit code; null when a signal ended it. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    this.settled();
    if (this.isRunning) this.#process.kill('SIGKILL');
    await this.#ended;
  }
}

/**
 * Publishes the clip again and again in real time. SRS forgets a source now and then while it asks a
 * hook, and the supervisor sends such a publisher away once: so it tries again, as encoders do.
 */
export function publish(url: string): Ffmpeg {
  return new Ffmpeg('ffmpeg', ['-re', ...clip(-1), '-f', 'flv', url], true);
}

/** Writes what `publish` sends into a file and at once: the clip so many times. */
export function writeTimes(path: string, times: number): Ffmpeg {
  return new Ffmpeg('ffmpeg', [...clip(times - 1), '-f', 'flv', path]);
}

/** `loops` times more than once; -1: without end. */
function clip(loops: number): string[] {
  return ['-stream_loop', String(loops), '-i', CLIP, '-c', 'copy'];
}

/** Plays until so many video frames have been decoded. */
export function playFrames(url: string, frames: number): Ffmpeg {
  const progress = ['-progress', 'pipe:1', '-nostats'];
  const output = ['-map', '0:v:0', '-frames:v', `${frames}`, '-f', 'null', '-'];
  return new Ffmpeg('ffmpeg', [...progress, '-xerror', '-i', url, ...output]);
}

/** How many frames an ffmpeg with `-progress` has decoded. */
export function framesOf({ output }: Ffmpeg): number {
  return Number([...output.matchAll(/^frame=(\d+)/gm)].at(-1)?.[1] ?? 0);
}
