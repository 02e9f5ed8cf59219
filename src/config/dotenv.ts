import { createReadStream } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { parseEnv } from 'node:util';
import { codeOf, messageOf, SupervisorError } from '../errors.js';
import type { Environment } from './setting.js';

/** Variables that are ours or the Go proxy's. A folder's `.env` may be another program's. */
const OURS = /^(SRS_SUPERVISOR|PROXY)_/;
/** Bytes; a file of variables has a few hundred. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads our variables of a `.env` file, as the Go proxy does; none if there is no such file.
 * @throws ERR_CONFIG if it cannot be read
 */
export async function readDotEnv(path: string): Promise<Environment> {
  // `end` is inclusive: one byte above the limit tells that there are more.
  const bytes = await buffer(createReadStream(path, { end: MAX_BYTES })).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'EISDIR') return Buffer.alloc(0);
    throw refuse(path, `cannot be read: ${messageOf(error)}`);
  });
  if (bytes.length > MAX_BYTES) throw refuse(path, `must be ${MAX_BYTES} bytes at most`);
  const variables = Object.entries(parseEnv(`${bytes}`)).filter(([name]) => OURS.test(name));
  return Object.fromEntries(variables);
}

function refuse(path: string, text: string): SupervisorError {
  return new SupervisorError('ERR_CONFIG', `${path}: ${text}`);
}
