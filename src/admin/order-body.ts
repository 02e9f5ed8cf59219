import type { FastifyInstance } from 'fastify';
import type { Reader } from '../config/readers.js';
import { SupervisorError } from '../errors.js';

/** A key of an order's body: the rule of its value, and its default. */
export interface OrderKey<T> {
  readonly reader: Reader<T>;
  readonly fallback: T;
}

/** Bytes of an order. */
const MAX_BODY_BYTES = 4096;

type Values<K> = { [N in keyof K]: K[N] extends OrderKey<infer T> ? T : never };

/** Has these routes read a body of any type as text: curl sends the type of a form. */
export function readTextBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parser = { parseAs: 'string', bodyLimit: MAX_BODY_BYTES } as const;
  app.addContentTypeParser('*', parser, (_request, body, done) => done(null, body));
}

/**
 * Reads an order's body, `{"parallel": 4}`; none stands for `{}`. Throws ERR_USAGE, which names the
 * key, the rule and the value.
 */
export function readOrder<K extends Readonly<Record<string, OrderKey<unknown>>>>(
  body: unknown,
  keys: K,
): Values<K> {
  const given = parse(body);
  const unknown = Object.keys(given).find((name) => !(name in keys));
  if (unknown !== undefined) {
    throw refuse(`${unknown}: unknown key; there are ${Object.keys(keys).join(', ') || 'none'}`);
  }
  const values = Object.entries(keys).map(([name, key]) => [name, readKey(name, key, given[name])]);
  return Object.fromEntries(values) as Values<K>;
}

function readKey(name: string, { reader, fallback }: OrderKey<unknown>, raw: unknown): unknown {
  if (raw === undefined) return fallback;
  const value = reader.read(raw);
  if (value !== undefined) return value;
  throw refuse(`${name}: must be ${reader.rule}, got ${JSON.stringify(raw)}`);
}

function parse(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null || body === '') return {};
  try {
    const value: unknown = JSON.parse(String(body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
  } catch {
    // The same answer as for other values.
  }
  throw refuse('the body must be a JSON object');
}

function refuse(message: string): SupervisorError {
  return new SupervisorError('ERR_USAGE', message);
}
