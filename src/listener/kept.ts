import { z } from 'zod';
import type { StreamKey } from '../stream-key.js';

const OWNER = z.object({
  id: z.string(),
  generation: z.number().int(),
  box: z.string().exactOptional(),
});

/** A client that one program leaves to the next one in its process; null: not known, or none. */
export const KEPT_CLIENT = z.object({
  id: z.string(),
  ip: z.string(),
  port: z.number().int(),
  since: z.number(),
  client: z.string(),
  stream: z.custom<StreamKey>((text) => typeof text === 'string').nullable(),
  role: z.enum(['publish', 'play']).nullable(),
  owner: OWNER.nullable(),
  alias: z.string().nullable(),
  hookId: z.string().nullable(),
  /** Bytes of its relayed connections that have ended. */
  past: z.object({ bytesIn: z.number(), bytesOut: z.number() }),
  /** It is counted for no address. */
  isVouched: z.boolean(),
  /** Its pair, by its number among all that are kept. */
  pair: z.number().int(),
});

export type KeptClient = z.infer<typeof KEPT_CLIENT>;
