import type { Template } from '../child/template.js';
import { showsPrivate, webFolders } from '../child/web-folders.js';
import type { Config } from '../config/config.js';
import { Folders } from '../files/folders.js';

/** The folders of web files: `http.dir` before those of the template. Null: there are none. */
export function foldersOf(
  { http, workDir }: Pick<Config, 'http' | 'workDir'>,
  template: Template,
): Folders | null {
  const own = http.dir === null ? [] : [{ host: null, path: '/', root: http.dir }];
  const theirs = webFolders(template, workDir).filter((one) => !showsPrivate(one, workDir));
  const all = [...own, ...theirs];
  return all.length === 0 ? null : new Folders(all);
}
