import { z } from 'zod';
import { KEPT_FLEET } from '../child/kept.js';
import type { Template } from '../child/template.js';
import type { Config } from '../config/config.js';
import { KEPT_EVENTS } from '../events/kept.js';
import { KEPT_HOOKS } from '../hooks/kept.js';
import { KEPT_CLIENT, KEPT_RTC, KEPT_SRT } from '../listener/kept.js';
import { KEPT_STREAM } from '../placement/kept.js';
import { DESCRIPTOR, KEPT_PAIR } from '../relay/kept.js';
import { KEPT_UDP_PORT } from '../relay/kept-udp.js';
import type { Part } from '../upgrade/document.js';

function part<Value>(name: string, schema: z.ZodType<Value>): Part<Value> {
  return { name, schema };
}

const KEPT_PORT = z.object({
  key: z.string(),
  address: z.string(),
  sockets: z.array(DESCRIPTOR),
});

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** How a program ran, in its own form. */
const RUNNING = z.object({
  config: z.custom<Config>(isObject),
  template: z.custom<Template>(isObject),
});

/** A reload that another program carries to its end. */
const RELOADING = z.object({
  /** Keys that the new program applies. */
  keys: z.array(z.string()),
  refused: z.array(z.string()),
  /** The children's configs differ, and they are to be restarted. */
  rolls: z.boolean(),
  /** The new number of children; null: as before. */
  count: z.union([z.literal('auto'), z.number().int()]).nullable(),
});

export type KeptReload = z.infer<typeof RELOADING>;

/** The parts of the state that outlive the program, each by the schema of its room. */
export const PARTS = {
  /** For the way back, and for what no program can change while its children run. */
  running: part('running', RUNNING),
  /** None: it was no reload. */
  reload: part('reload', RELOADING),
  ports: part('ports', z.array(KEPT_PORT)),
  /** The relay threads, which the next program has before it knows the configuration. */
  relay: part(
    'relay',
    z.object({
      threads: z.number().int().min(1),
      cpus: z.array(z.number().int()),
      pipes: z.number(),
    }),
  ),
  /** By their numbers; null: it has ended since it got one. */
  pairs: part('pairs', z.array(KEPT_PAIR.nullable())),
  udp: part('udp', z.array(KEPT_UDP_PORT)),
  srt: part('srt', KEPT_SRT),
  rtc: part('rtc', KEPT_RTC),
  fleet: part('fleet', KEPT_FLEET),
  /** By the name of the port. */
  clients: part('clients', z.record(z.string(), z.array(KEPT_CLIENT))),
  streams: part('streams', z.array(KEPT_STREAM)),
  hooks: part('hooks', KEPT_HOOKS),
  events: part('events', KEPT_EVENTS),
  /** The next alias, and the id of this life of this box. */
  box: part('box', z.object({ alias: z.string(), id: z.string().nullable() })),
};

/** The names and schemas of all parts, to prove that this program understands them. */
export function allParts(): readonly Part<unknown>[] {
  return Object.values(PARTS);
}
