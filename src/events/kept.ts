import { z } from 'zod';

/** The events that one program leaves to the next one in its process. */
export const KEPT_EVENTS = z.object({
  /** See `EventLog`: ids of the program before are known to this one. */
  run: z.string(),
  /** Number of the newest event, and of the newest one that is not kept any more. */
  last: z.number().int(),
  lost: z.number().int(),
  /** The newest ones, oldest first. */
  entries: z.array(z.object({ number: z.number().int(), at: z.number(), json: z.string() })),
});

export type KeptEvents = z.infer<typeof KEPT_EVENTS>;
