import { z } from 'zod';
import type { StreamKey } from '../stream-key.js';

/** A stream of a child of this box, as one program leaves it to the next one in its process. */
export const KEPT_STREAM = z.object({
  stream: z.custom<StreamKey>((text) => typeof text === 'string'),
  owner: z.object({ id: z.string(), generation: z.number().int() }),
  /** See `StreamSlot`. */
  published: z.boolean(),
  live: z.boolean(),
  announced: z.boolean(),
  idleSince: z.number().nullable(),
  /** When it was claimed, in milliseconds since 1970. */
  since: z.number(),
});

export type KeptStream = z.infer<typeof KEPT_STREAM>;
