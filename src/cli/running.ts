import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProcess } from '../child/process.js';
import { parseAddress } from '../config/address.js';
import type { Address } from '../config/config.js';
import { makeFolder } from '../system/make-folder.js';

/** A supervisor that this user runs on this machine. */
export interface Running {
  readonly pid: number;
  /** Start time in clock ticks; distinguishes it from a later process with its pid. */
  readonly startTicks: number;
  readonly workDir: string;
  /** Address of its admin port: `127.0.0.1:12025`. */
  readonly admin: string;
}

/** Records of a user's supervisors, in a folder that no other user can read or write. */
export class RunningList {
  readonly #folder: string;

  constructor(env: NodeJS.ProcessEnv) {
    const { XDG_RUNTIME_DIR: runtime } = env;
    const user = process.getuid?.() ?? 'user';
    this.#folder = runtime
      ? join(runtime, 'srs-supervisor')
      : join(tmpdir(), `srs-supervisor-${user}`);
  }

  /**
   * Records this process; resolves with a function that removes the record. Rejects with the
   * system's error.
   */
  async add(workDir: string, admin: string): Promise<() => Promise<void>> {
    await makeFolder(this.#folder, 0o700);
    if (!(await this.#isPrivate())) return async () => {};
    const startTicks = (await readProcess(process.pid))?.startTicks ?? 0;
    const record: Running = { pid: process.pid, startTicks, workDir, admin };
    const path = join(this.#folder, `${process.pid}.json`);
    await writeFile(path, JSON.stringify(record), { mode: 0o600 });
    return () => rm(path, { force: true });
  }

  /** Returns the supervisors that run. */
  async list(): Promise<Running[]> {
    if (!(await this.#isPrivate())) return [];
    const names = await readdir(this.#folder).catch(() => []);
    const records = await Promise.all(names.map((name) => readRecord(join(this.#folder, name))));
    return records.filter((record) => record !== null);
  }

  /**
   * Returns whether the folder is ours alone: another user may have made it in a temporary folder.
   */
  async #isPrivate(): Promise<boolean> {
    const found = await lstat(this.#folder).catch(() => null);
    return (
      found?.isDirectory() === true && found.uid === process.getuid?.() && !(found.mode & 0o77)
    );
  }
}

/** Returns null for a file that is no record, and for a process that has ended. */
async function readRecord(path: string): Promise<Running | null> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as Running;
    const found = await readProcess(record.pid);
    return found?.startTicks === record.startTicks ? record : null;
  } catch {
    return null;
  }
}

/**
 * Returns the admin port of the supervisor with that work directory, else of the only one that
 * runs; null if there is none; a text that lists them if there are several.
 */
export function adminOf(running: readonly Running[], workDir: string): Address | string | null {
  const [here] = running.filter((one) => one.workDir === workDir);
  const [only, another] = running;
  const meant = here ?? (another === undefined ? only : undefined);
  if (meant !== undefined) return parseAddress(meant.admin) ?? null;
  if (only === undefined) return null;
  const list = running.map(({ admin, workDir: path }) => `--admin ${admin} (workDir ${path})`);
  return `several supervisors run, name one: ${list.join(', ')}`;
}
