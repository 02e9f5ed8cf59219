import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

/** 32 signs, so that five bits choose one. */
const ALPHABET = '0123456789abcdefghijkmnpqrstvwyz';
const SERVER_ID = /^vid-[0-9a-z]{7}$/;

/** The id in `file`, or a new one, which is kept there for later starts. */
export async function serverId(file: string): Promise<string> {
  const kept = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (SERVER_ID.test(kept)) return kept;
  const id = `vid-${randomSigns(7)}`;
  await writeFile(file, `${id}\n`, { mode: 0o600 });
  return id;
}

/** The id of this run. */
export function serviceId(): string {
  return randomSigns(8);
}

function randomSigns(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('');
}
