import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Folder of this package; this file runs from dist/src. */
export const PACKAGE_ROOT = resolve(import.meta.dirname, '../..');

/** The version in package.json. */
export const VERSION: string = JSON.parse(
  readFileSync(resolve(PACKAGE_ROOT, 'package.json'), 'utf8'),
).version;
