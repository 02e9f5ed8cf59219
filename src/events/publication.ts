/** Schema of a stream's history. The console's page has its types from here, without Node. */
import { z } from 'zod';
import { EVENT_ENTRY } from './event.js';

/** One publication of a stream, from its publisher's acceptance to its end. */
export const PUBLICATION = z.object({
  child: z.string(),
  client: z.string().nullable().describe('address of the publisher; null: not known'),
  began: z.number().nullable().describe('milliseconds since 1970; null: before the first event'),
  ended: z.number().nullable().describe('milliseconds since 1970; null: it goes on'),
  bytesIn: z.number().nullable().describe('bytes from the publisher; null: not known'),
  bitrate: z.number().nullable().describe('bits per second on average; null: not known'),
  players: z
    .number()
    .nullable()
    .describe('players at its end, without those of HLS; null: not known, or it goes on'),
  why: z.string().nullable().describe('why it ended; null: it goes on'),
});
export type Publication = z.infer<typeof PUBLICATION>;

/** History of one stream, within the hour of events that are kept. */
export const TIMELINE = z
  .object({
    stream: z.string(),
    live: z
      .object({
        child: z.string(),
        publishing: z.boolean(),
        clients: z.number(),
        since: z.number(),
      })
      .nullable()
      .describe('the stream as it is now; null: it has no child'),
    publications: z.array(PUBLICATION),
    events: z.array(EVENT_ENTRY),
  })
  .meta({ id: 'Timeline' });
export type Timeline = z.infer<typeof TIMELINE>;
