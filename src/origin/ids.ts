import { randomBytes } from 'node:crypto';

/** SRS's ids are rich in digits; the alphabet has 32 signs, so that five bits choose one. */
const ALPHABET = '0123456789abcdefghijkmnpqrstvwyz';

/** A random id of `length` signs, as SRS gives to clients (8) and services (8). */
export function randomId(length = 8): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('');
}

/** The id of a vhost, a stream or a server: `vid-` and 7 signs. */
export function vid(): string {
  return `vid-${randomId(7)}`;
}
