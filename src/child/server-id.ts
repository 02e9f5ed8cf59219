import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../system/make-folder.js';
import { randomSigns } from '../system/random-signs.js';
import type { Template } from './template.js';
import { unusable } from './workdir.js';

const SERVER_ID = /^[\w-]{1,64}$/;

/**
 * Returns the server id of this machine, which hooks and API of all children have: the template's
 * `server_id`, else one kept in the work directory over restarts. @throws ERR_CONFIG
 */
export async function serverIdOf(workDir: string, { serverId: named }: Template): Promise<string> {
  if (named !== null) return named;
  const file = join(workDir, 'server.id');
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (SERVER_ID.test(kept)) return kept;
  const id = `vid-${randomSigns(7)}`;
  try {
    await makeFolder(workDir, 0o700);
    await writeFile(file, `${id}\n`, { mode: 0o600 });
  } catch (error) {
    throw unusable(workDir, error);
  }
  return id;
}
