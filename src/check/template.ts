import { readFile } from 'node:fs/promises';
import { NO_TEMPLATE, parseTemplate, type Template } from '../child/template.js';
import { codeOf, messageOf, plainReason, SupervisorError } from '../errors.js';
import type { Outcome } from './findings.js';

/** Reads the user's srs.conf (`srs.template`); a null path: no template. Throws ERR_CONFIG. */
export async function readTemplate(path: string | null): Promise<Outcome<Template>> {
  if (path === null) return { value: NO_TEMPLATE, text: 'none: children get our own config' };
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = codeOf(error) === 'ENOENT' ? 'no such file' : plainReason(error);
    throw templateError(path, `cannot read it: ${reason}`, error);
  });
  const value = parse(path, text);
  const warnings = value.dropped.map((name) => `srs.template: children do without '${name}'`);
  return { value, text: path, warnings };
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
