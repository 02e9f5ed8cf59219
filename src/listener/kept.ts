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

const ENDPOINT = z.object({
  ip: z.string(),
  port: z.number().int(),
  local: z.string().exactOptional(),
});

/** An SRT client, whose `pair` is the number of its UDP session. */
const KEPT_SRT_CLIENT = z.object({
  client: KEPT_CLIENT,
  at: ENDPOINT,
  ids: z.object({ client: z.number(), child: z.number() }),
});

/** The SRT port. */
export const KEPT_SRT = z.object({
  /** Makes the cookies of handshakes under way. */
  secret: z.string(),
  clients: z.array(KEPT_SRT_CLIENT),
});

/** A WebRTC session; `pair` has no meaning. */
const KEPT_RTC_SESSION = z.object({
  client: KEPT_CLIENT,
  username: z.string(),
  password: z.string(),
  /** Bytes of its flows that have ended. */
  past: z.object({ bytesIn: z.number(), bytesOut: z.number() }),
  flows: z.array(
    z.object({
      key: z.string(),
      at: ENDPOINT,
      /** The number of its UDP session, or of its pair for a connection; one of them is null. */
      session: z.number().int().nullable(),
      pair: z.number().int().nullable(),
    }),
  ),
});

/** The media port of WebRTC. */
export const KEPT_RTC = z.object({
  /** `rtc.media` at that time. */
  media: z.string(),
  sessions: z.array(KEPT_RTC_SESSION),
});

export type KeptSrt = z.infer<typeof KEPT_SRT>;
export type KeptSrtClient = z.infer<typeof KEPT_SRT_CLIENT>;
export type KeptRtcSession = z.infer<typeof KEPT_RTC_SESSION>;
