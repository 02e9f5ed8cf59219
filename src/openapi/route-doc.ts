/**
 * The room `openapi/`: descriptions of HTTP routes, and the OpenAPI document made from them.
 * May import: no other room.
 */

import { z } from 'zod';

/** Bodies of an answer by media type. */
interface Answer {
  readonly about: string;
  readonly bodies: Readonly<Record<string, z.ZodType>>;
}

/** Description of one route, which it carries as `config: { doc }`. */
export interface RouteDoc {
  /** One line. */
  readonly summary: string;
  /** Group in the document. */
  readonly tag: 'state' | 'orders' | 'events' | 'probes' | 'origins';
  /** True if it asks for no token. */
  readonly isFree?: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** The JSON body. */
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
  /** When it answers with an error, by status. */
  readonly errors?: Readonly<Record<number, string>>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    doc?: RouteDoc;
  }
}

/** Body of every error. */
export const ERROR = z
  .object({ error: z.string().describe('one line: what is wrong, and how to mend it') })
  .meta({ id: 'Error' });

/** Returns an answer of JSON. */
export function json(body: z.ZodType, about: string): Answer {
  return { about, bodies: { 'application/json': body } };
}

/** Returns an answer of text. */
export function text(type: string, about: string): Answer {
  return { about, bodies: { [type]: z.string() } };
}
