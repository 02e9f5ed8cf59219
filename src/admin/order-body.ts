import type { FastifyError, FastifyInstance } from 'fastify';
import { z } from 'zod';
import { codeOf, messageOf, SupervisorError } from '../errors.js';

/** Bytes of an order. */
const MAX_BODY_BYTES = 4096;

/** HTTP statuses of refusals, by error code. */
export type RefusalStatuses = Readonly<Record<string, number>>;

/** A value of `true` or `false`. */
export const FLAG = z.boolean('must be true or false');

/** A whole number, also as text: the command line sends what was typed. */
export function whole(min: number, max: number) {
  const rule = `must be a whole number ${min}-${max}`;
  const number = z.int(rule).min(min, rule).max(max, rule);
  return z.preprocess((raw) => (isDigits(raw) ? Number(raw) : raw), number);
}

function isDigits(raw: unknown): boolean {
  return typeof raw === 'string' && /^\d{1,15}$/.test(raw);
}

/** A text of that pattern; `rule` says it in words. */
export function matching(rule: string, pattern: RegExp): z.ZodString {
  return z.string(`must be ${rule}`).regex(pattern, `must be ${rule}`);
}

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
export function readOrder<S extends z.ZodObject>(body: unknown, schema: S): z.output<S> {
  return readFields(parse(body), schema);
}

/** Reads fields as the schema says. Throws ERR_USAGE, which names the field, rule and value. */
export function readFields<S extends z.ZodObject>(given: unknown, schema: S): z.output<S> {
  const { success, data, error } = schema.safeParse(given, { reportInput: true });
  if (success) return data;
  const [issue] = error.issues;
  throw refuse(issue === undefined ? messageOf(error) : textOf(issue, Object.keys(schema.shape)));
}

function textOf(issue: z.core.$ZodIssue, names: readonly string[]): string {
  if (issue.code === 'unrecognized_keys') {
    return `${issue.keys[0]}: unknown key; there are ${names.join(', ') || 'none'}`;
  }
  const { path, message, input } = issue;
  if (input === undefined) return `${path.join('.')}: is missing`;
  const shown = JSON.stringify(input).slice(0, MOST_SHOWN);
  return `${path.join('.')}: ${message}, got ${shown}`;
}

/** Most characters of a value in an error. */
const MOST_SHOWN = 64;

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
