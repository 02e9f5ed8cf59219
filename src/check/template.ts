import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { NO_TEMPLATE, parseTemplate, type Template } from '../child/template.js';
import { showsPrivate, webFolders } from '../child/web-folders.js';
import type { Config } from '../config/config.js';
import { codeOf, messageOf, plainReason, SupervisorError } from '../errors.js';
import type { Outcome } from './findings.js';
import { notesOn, printNote, summaryOf } from './template-notes.js';

/**
 * Reads the user's srs.conf (`srs.template`); a null path: no template. Notes name each directive
 * whose effect is not that of a single SRS. Throws ERR_CONFIG.
 */
export async function readTemplate(config: Config): Promise<Outcome<Template>> {
  const { template: path } = config.srs;
  if (path === null) return { value: NO_TEMPLATE, text: 'none: children get our own config' };
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = codeOf(error) === 'ENOENT' ? 'no such file' : plainReason(error);
    throw templateError(path, `cannot read it: ${reason}`, error);
  });
  const value = parse(path, text);
  const changes = notesOn(value.directives, config);
  const notes = [...changes.map(printNote), ...missingFolders(value, config)];
  const warnings = privateWarnings(value, config);
  return { value, text: path, warnings, notes, summary: summaryOf(changes) };
}

/** Warns of folders that are not shown, since that would tell secrets. */
function privateWarnings(template: Template, { workDir }: Config): string[] {
  return webFolders(template, workDir)
    .filter((folder) => showsPrivate(folder, workDir))
    .map(({ root }) => {
      const reason = "it has the children's configs and logs (workDir)";
      return `srs.template: files of ${root} are not shown: ${reason}; name a folder beside it`;
    });
}

/** Names folders of web files that are missing. `http.dir` hides the one at `/`. */
function missingFolders(template: Template, { workDir, http }: Config): string[] {
  return webFolders(template, workDir)
    .filter(({ host, path }) => http.dir === null || host !== null || path !== '/')
    .filter(({ root }) => !existsSync(root))
    .map(({ host, path, root }) => `${root}, to be shown at ${host ?? ''}${path}, is not there`);
}

function parse(path: string, text: string): Template {
  try {
    return parseTemplate(text);
  } catch (error) {
    throw templateError(path, messageOf(error), error);
  }
}

function templateError(path: string, reason: string, cause: unknown): SupervisorError {
  return new SupervisorError('ERR_CONFIG', `srs.template: ${path}: ${reason}`, { cause });
}
