import type { FastifyError, FastifyInstance } from 'fastify';
import type { Reader } from '../config/readers.js';
import { codeOf, messageOf, SupervisorError } from '../errors.js';

/** A key of an order's body: the rule of its value, and its default. */
export interface OrderKey<T> {
  readonly reader: Reader<T>;
  readonly fallback: T;
}

/** Bytes of an order. */
const MAX_BODY_BYTES = 4096;

/** HTTP statuses of refusals, by error code. */
export type RefusalStatuses = Readonly<Record<string, number>>;

/** A value of `true` or `false`. */
export const flag: Reader<boolean> = {
  rule: 'true or false',
  read: (raw) => (typeof raw === 'boolean' ? raw : undefined),
};

type Values<K> = { [N in keyof K]: K[N] extends OrderKey<infer T> ? T : never };

/**
 * Prepares an app for orders: it reads bodies of any type as text, since curl sends the type of a
 * form, and answers refusals with these statuses and the reason as JSON.
 */
export function takeOrders(app: FastifyInstance, statuses: RefusalStatuses): void {
  app.removeAllContentTypeParsers();
  const parser = { parseAs: 'string', bodyLimit: MAX_BODY_BYTES } as const;
  app.addContentTypeParser('*', parser, (_request, body, done) => done(null, body));
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = statuses[codeOf(error)] ?? error.statusCode;
    if (status === undefined) throw error;
    return reply.code(status).send({ error: messageOf(error) });
  });
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
