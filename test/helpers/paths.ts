import { resolve } from 'node:path';

/** The project's folder; this file runs from dist/test/helpers. */
export const ROOT = resolve(import.meta.dirname, '../../..');
export const BIN = resolve(ROOT, 'bin/srs-supervisor.js');
export const CLIP = resolve(ROOT, 'examples/demo.flv');
