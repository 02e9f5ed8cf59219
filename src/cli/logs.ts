import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { adminRead } from '../admin/answers.js';
import { logFolder } from '../child/workdir.js';
import { plainReason, SupervisorError } from '../errors.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { TailedFile } from '../system/tail.js';
import type { FollowOptions } from './follow.js';
import type { Output } from './output.js';
import { printable } from './table.js';

/** Which lines of the children's logs, as the command line has it. */
export interface LogsOrder {
  /** Default: all children. */
  readonly child?: string | undefined;
  /** The child that has this stream. */
  readonly stream?: string | undefined;
  /** Last lines of each child, as text; default: 10. */
  readonly lines?: string | undefined;
  /** Show what is added, until the user does not want to wait any more. */
  readonly follow: boolean;
}

export interface LogsOptions extends Pick<FollowOptions, 'port' | 'interrupted'> {
  readonly workDir: string;
  readonly stdout: Output & { drain(): Promise<Error | null> };
}

const LOOK_MS = 300;
const DEFAULT_LINES = 10;
const LOG_NAME = /^(c\d{3,4})\.log$/;
/** Begins each line of SRS that is not the continuation of another. */
const TIME = /^\[(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})\]/;

interface Line {
  readonly child: string;
  readonly text: string;
  readonly time: string;
}

/**
 * Prints the children's logs, oldest line first. They are files of the work directory: no
 * supervisor needs to run. @throws ERR_USAGE, ERR_ADMIN
 */
export async function showLogs(order: LogsOrder, options: LogsOptions): Promise<void> {
  const count = lineCount(order.lines);
  const only = order.stream === undefined ? order.child : await ownerOf(order.stream, options);
  const logs = new ChildLogs(options.workDir, only);
  try {
    const isWritten = await print(await logs.lines((file) => file.last(count)), only, options);
    if (order.follow && isWritten) await followLogs(logs, only, options);
  } finally {
    await logs.close();
  }
}

async function followLogs(
  logs: ChildLogs,
  only: string | undefined,
  options: LogsOptions,
): Promise<void> {
  const { interrupted } = options;
  for (;;) {
    await delay(LOOK_MS, undefined, { signal: interrupted }).catch(() => {});
    if (interrupted.aborted) return;
    if (!(await print(await logs.lines((file) => file.more()), only, options))) return;
  }
}

/** The log files of one child, or of all, with those that come later. */
class ChildLogs {
  readonly #folder: string;
  readonly #only: string | undefined;
  readonly #files = new Map<string, TailedFile>();

  constructor(workDir: string, only: string | undefined) {
    this.#folder = logFolder(workDir);
    this.#only = only;
  }

  /** Reads all files; returns their lines by time. */
  async lines(read: (file: TailedFile) => Promise<string[]>): Promise<Line[]> {
    await this.#look();
    const lines: Line[] = [];
    for (const [child, file] of this.#files) {
      let time = '';
      for (const raw of await read(file).catch((error: unknown) => this.#refuse(error))) {
        const text = stripVTControlCharacters(raw);
        time = TIME.exec(text)?.[1] ?? time;
        lines.push({ child, text, time });
      }
    }
    return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
  }

  async #look(): Promise<void> {
    const names = await readdir(this.#folder).catch((error: unknown) => this.#refuse(error));
    const children = names.flatMap((name) => LOG_NAME.exec(name)?.[1] ?? []).sort();
    for (const child of children) {
      if (this.#files.has(child) || (this.#only ?? child) !== child) continue;
      this.#files.set(child, new TailedFile(join(this.#folder, `${child}.log`)));
    }
    if (this.#files.size > 0) return;
    const there = children.length === 0 ? 'none' : `${children[0]} to ${children.at(-1)}`;
    const text = `logs: no log of ${this.#only ?? 'any child'} in ${this.#folder}; there: ${there}`;
    throw new SupervisorError('ERR_USAGE', text);
  }

  #refuse(error: unknown): never {
    const mend = 'name the configuration of that supervisor with -c';
    const text = `logs: ${this.#folder}: ${plainReason(error)}; ${mend}`;
    throw new SupervisorError('ERR_USAGE', text);
  }
}

/** Returns false if nobody takes the lines any more. */
async function print(
  lines: readonly Line[],
  only: string | undefined,
  { stdout }: LogsOptions,
): Promise<boolean> {
  if (lines.length === 0) return true;
  const prefix = (child: string) => (only === undefined ? `${child} | ` : '');
  const shown = lines.map(({ child, text }) => `${prefix(child)}${printable(text)}\n`);
  stdout.write(shown.join(''));
  return (await stdout.drain()) === null;
}

async function ownerOf(stream: string, { port }: LogsOptions): Promise<string> {
  const streams = await adminRead(port, 'streams');
  const keys = [stream, `${DEFAULT_VHOST}/${stream}`];
  const found = streams.find((row) => keys.includes(row.stream) && row.box === undefined);
  if (found !== undefined) return found.child;
  const text = `logs: no child has the stream ${stream}; srs-supervisor streams lists them`;
  throw new SupervisorError('ERR_USAGE', text);
}

function lineCount(text = `${DEFAULT_LINES}`): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new SupervisorError('ERR_USAGE', `-n: must be a whole number 0-999999, got "${text}"`);
}
