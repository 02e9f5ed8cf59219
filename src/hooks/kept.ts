import { z } from 'zod';
import type { StreamKey } from '../stream-key.js';

/** State of the children's hooks, as one program leaves it to the next one in its process. */
export const KEPT_HOOKS = z.object({
  /** The secret in their URLs. */
  secret: z.string(),
  publishers: z.array(
    z.object({
      stream: z.custom<StreamKey>((text) => typeof text === 'string'),
      owner: z.object({ id: z.string(), generation: z.number().int() }),
      clients: z.array(z.string()),
    }),
  ),
});

export type KeptHooks = z.infer<typeof KEPT_HOOKS>;
