/**
 * The room `upgrade/`: puts another program in the place of this one, in this process, and hands
 * over to it what lives on.
 * May import: system.
 */

import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { messageOf } from '../errors.js';

/** The format of documents that this program writes, and the only one that it reads. */
const FORMAT = 1;

const DOCUMENT = z.object({
  format: z.literal(FORMAT),
  /** Version of the program that has written it, and the path of its script. */
  version: z.string(),
  script: z.string(),
  /** Programs that this process has had before the one that reads it. */
  upgrades: z.number().int(),
  /** When media stopped, in milliseconds since 1970. */
  stoppedAt: z.number(),
  /** Connections that end with the program, by port. */
  cut: z.record(z.string(), z.number()),
  /** Why the program that was to follow could not; null: it has not tried. */
  failure: z.string().nullable(),
  /** The box was told to end while the program was replaced: the one that follows ends it. */
  isEnding: z.boolean().default(false),
  /** All descriptors that live on. */
  descriptors: z.array(z.number().int()),
  /** The parts of the state, each by its name and in the form that its room has made. */
  parts: z.record(z.string(), z.unknown()),
});

/** All that one program leaves to the next one in its process. */
export type Handover = z.infer<typeof DOCUMENT>;

/** A part of the state: plain values, which may have byte arrays in them. */
export interface Part<Value> {
  readonly name: string;
  readonly schema: z.ZodType<Value>;
}

export function encodeHandover(handover: Omit<Handover, 'format'>): Buffer {
  return serialize({ format: FORMAT, ...handover });
}

/** Reads a document. Throws an error of one line if it is none that this program understands. */
export function decodeHandover(bytes: Uint8Array): Handover {
  const value = readValue(bytes);
  const found = DOCUMENT.safeParse(value);
  if (found.success) return found.data;
  const { format } = (value ?? {}) as { readonly format?: unknown };
  const why = format === FORMAT ? flawOf(found.error) : `its format is ${format}, not ${FORMAT}`;
  throw new Error(`the state of the running program is not understood: ${why}`);
}

/** Reads a part; null if the document has none of that name. Throws an error of one line. */
export function partOf<Value>({ parts }: Handover, { name, schema }: Part<Value>): Value | null {
  const value = parts[name];
  if (value === undefined) return null;
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  throw new Error(
    `the state of the running program is not understood: ${name}: ${flawOf(found.error)}`,
  );
}

function readValue(bytes: Uint8Array): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    throw new Error(`the state of the running program cannot be read: ${messageOf(error)}`);
  }
}

function flawOf({ issues: [first] }: z.ZodError): string {
  return first === undefined ? 'unknown' : `${first.path.join('.')}: ${first.message}`;
}
