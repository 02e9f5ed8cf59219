import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../system/make-folder.js';
import { randomSigns } from '../system/random-signs.js';
import type { Template } from './template.js';
import { unusable } from './workdir.js';

/** Server id of this machine for hooks and API, whichever child speaks. */
export interface ServerId {
  readonly id: string;
  /** Stores a new id in the work directory, for later starts. @throws ERR_CONFIG */
  keep(): Promise<void>;
}

const SERVER_ID = /^[\w-]{1,64}$/;

/**
 * Returns the template's `server_id`, else the id that the work directory has, else a new one. It
 * stores nothing: a start that fails leaves nothing behind.
 */
export async function serverIdOf(
  workDir: string,
  { serverId: named }: Pick<Template, 'serverId'>,
): Promise<ServerId> {
  if (named !== null) return { id: named, keep: async () => {} };
  const file = join(workDir, 'server.id');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (SERVER_ID.test(kept)) return { id: kept, keep: async () => {} };
  const id = `vid-${randomSigns(7)}`;
  const keep = async () => {
    try {
      await makeFolder(workDir, 0o700);
      await writeFile(file, `${id}\n`, { mode: 0o600 });
    } catch (error) {
      throw unusable(workDir, error);
    }
  };
  return { id, keep };
}
