import { z } from 'zod';
import { BYTES, DESCRIPTOR } from './kept.js';

/** A UDP session that one program leaves to the next one in its process. */
const KEPT_UDP_SESSION = z.object({
  /** The number of the port's socket whose thread has it. */
  thread: z.number().int().min(0),
  /** Connected to the child. */
  child: DESCRIPTOR,
  client: z.object({
    ip: z.string(),
    port: z.number().int(),
    local: z.string().exactOptional(),
    tag: z.number().int().exactOptional(),
  }),
  mark: BYTES,
  bytesIn: z.number(),
  bytesOut: z.number(),
});

/** A UDP port that one program leaves to the next one in its process. */
export const KEPT_UDP_PORT = z.object({
  /** The configuration's key, and the address as configured: `host:port`. */
  key: z.string(),
  address: z.string(),
  /** One for each thread. */
  sockets: z.array(DESCRIPTOR),
  /** The CPUs of the threads; null: any. */
  cpus: z.array(z.number().int().nullable()),
  /** See `UdpRelayOptions`. */
  rules: z.object({
    maxSessions: z.number().int(),
    idleMs: z.number(),
    tagAt: z.number().int().exactOptional(),
    farewell: z.number().int().exactOptional(),
    checkedBelow: z.number().int().exactOptional(),
    gatherMs: z.number().exactOptional(),
  }),
  /** Settings of its answerer; null: it has none. */
  answers: z.unknown(),
  /** By their numbers; null: it has ended since it got one. */
  sessions: z.array(KEPT_UDP_SESSION.nullable()),
});

export type KeptUdpSession = z.infer<typeof KEPT_UDP_SESSION>;
export type KeptUdpPort = z.infer<typeof KEPT_UDP_PORT>;
