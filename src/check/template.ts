import { readFile } from 'node:fs/promises';
import { checkTemplate, droppedBy } from '../child/template.js';
import { codeOf, messageOf, plainReason, SupervisorError } from '../errors.js';
import { type Directive, parseConf } from '../srs-conf/parse.js';
import type { Outcome } from './findings.js';

/** Reads the user's srs.conf; null where there is none. Throws ERR_CONFIG. */
export async function readTemplate(
  path: string | null,
): Promise<Outcome<readonly Directive[] | null>> {
  if (path === null) return { value: null, text: 'none: children get a config of ours' };
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = codeOf(error) === 'ENOENT' ? 'no such file' : plainReason(error);
    throw templateError(path, `cannot read it: ${reason}`, error);
  });
  const value = parseTemplate(path, text);
  const warnings = droppedBy(value).map((name) => `srs.template: children do without '${name}'`);
  return { value, text: path, warnings };
}

function parseTemplate(path: string, text: string): Directive[] {
  try {
    const template = parseConf(text);
    checkTemplate(template);
    return template;
  } catch (error) {
    throw templateError(path, messageOf(error), error);
  }
}

function templateError(path: string, reason: string, cause: unknown): SupervisorError {
  return new SupervisorError('ERR_CONFIG', `srs.template: ${path}: ${reason}`, { cause });
}
