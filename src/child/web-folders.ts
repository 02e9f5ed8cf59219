import { join, relative, resolve, sep } from 'node:path';
import type { Template } from './template.js';

/** A folder of web files that a template names. */
export interface WebFolder {
  /** `Host` of the requests; null: any. */
  readonly host: string | null;
  /** Path that it is shown at; begins and ends with `/`. */
  readonly path: string;
  readonly root: string;
}

/** Folders below the work directory with files that nobody may see. */
const PRIVATE = ['conf', 'logs', 'pids'];

/**
 * Returns the folders that SRS would show by HTTP: `http_static` of vhosts, then `http_server.dir`.
 * Relative ones are below the work directory, where children run.
 */
export function webFolders({ vhosts, webDir }: Template, workDir: string): WebFolder[] {
  const ofVhosts = vhosts.flatMap(({ files }) => {
    if (files === null) return [];
    const { host, path, dir } = files;
    return { host, path, root: resolve(workDir, dir) };
  });
  const whole = webDir === null ? [] : [{ host: null, path: '/', root: resolve(workDir, webDir) }];
  return [...ofVhosts, ...whole];
}

/** Reports whether the folder contains children's configs, logs or pid files. */
export function showsPrivate({ root }: WebFolder, workDir: string): boolean {
  const isIn = (path: string, folder: string) => {
    const way = relative(folder, path);
    return way !== '..' && !way.startsWith(`..${sep}`);
  };
  return isIn(workDir, root) || PRIVATE.some((name) => isIn(root, join(workDir, name)));
}
