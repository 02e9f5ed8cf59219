import { z } from 'zod';
import { KEPT_FLEET } from '../child/kept.js';
import { KEPT_HOOKS } from '../hooks/kept.js';
import { KEPT_CLIENT } from '../listener/kept.js';
import { KEPT_STREAM } from '../placement/kept.js';
import { DESCRIPTOR, KEPT_PAIR } from '../relay/kept.js';
import type { Part } from '../upgrade/document.js';

function part<Value>(name: string, schema: z.ZodType<Value>): Part<Value> {
  return { name, schema };
}

const KEPT_PORT = z.object({
  key: z.string(),
  address: z.string(),
  sockets: z.array(DESCRIPTOR),
});

/** The parts of the state that outlive the program, each by the schema of its room. */
export const PARTS = {
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
  fleet: part('fleet', KEPT_FLEET),
  /** By the name of the port. */
  clients: part('clients', z.record(z.string(), z.array(KEPT_CLIENT))),
  streams: part('streams', z.array(KEPT_STREAM)),
  hooks: part('hooks', KEPT_HOOKS),
  /** The next alias, and the id of this life of this box. */
  box: part('box', z.object({ alias: z.string(), id: z.string().nullable() })),
};

/** The names and schemas of all parts, to prove that this program understands them. */
export function allParts(): readonly Part<unknown>[] {
  return Object.values(PARTS);
}
