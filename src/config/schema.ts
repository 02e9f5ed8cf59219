import { z } from 'zod';
import { LOG_LEVELS } from '../logger.js';
import {
  address,
  hosts,
  integer,
  key,
  oneOf,
  orAuto,
  orNull,
  pin,
  privateAddress,
  registry,
  seconds,
  text,
} from './readers.js';

const path = text('a path');
const count = integer(0, 1_000_000);

function section<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape).prefault({} as never);
}

/** Every key with its rule and its default, in the order of the reference file. */
export const schema = z.strictObject({
  srs: section({
    binary: key(text('auto or a path'), 'auto'),
    template: key(orNull(path), null),
  }),
  children: section({
    count: key(orAuto(integer(1, 1000)), 'auto'),
    portBase: key(integer(1024, 65_000), 20_000),
    maxConnections: key(integer(1, 1_000_000), 1000),
  }),
  workDir: key(path, './run'),
  cpu: section({
    pin: key(pin, 'auto'),
    reserve: key(orAuto(integer(0, 1024)), 'auto'),
    smt: key(oneOf('one-per-core', 'every-thread'), 'one-per-core'),
  }),
  listen: section({
    rtmp: key(address, 1935),
    http: key(address, 8080),
    api: key(address, 1985),
    rtc: key(address, 8000),
    srt: key(address, 10_080),
    admin: key(privateAddress, '127.0.0.1:12025'),
  }),
  rtc: section({
    candidates: key(hosts, []),
    media: key(oneOf('relay', 'direct'), 'relay'),
  }),
  registry: key(registry, 'memory'),
  placement: key(oneOf('least-loaded'), 'least-loaded'),
  relay: section({
    engine: key(oneOf('auto', 'native', 'portable'), 'auto'),
    threads: key(orAuto(integer(1, 64)), 'auto'),
  }),
  limits: section({
    identifySeconds: key(seconds(300), 10),
    connections: key(orAuto(integer(1, 1_000_000)), 'auto'),
    connectionsPerIp: key(count, 0),
  }),
  admin: section({
    token: key(orNull(text('a text of 16 characters or more without spaces', /^\S{16,}$/)), null),
  }),
  log: section({
    level: key(oneOf(...LOG_LEVELS), 'info'),
  }),
});

/** Every key in dotted form (`listen.rtmp`, `workDir`), in the schema's order. */
export const KEYS: readonly string[] = Object.entries(schema.shape).flatMap(([name, node]) => {
  const inner = node.unwrap();
  return inner instanceof z.ZodObject
    ? Object.keys(inner.shape).map((leaf) => `${name}.${leaf}`)
    : [name];
});

/** The names that may stand in a section; of the whole file for ''. */
export function namesIn(section: string): string[] {
  if (section === '') return Object.keys(schema.shape);
  return KEYS.filter((name) => name.startsWith(`${section}.`)).map((name) =>
    name.slice(section.length + 1),
  );
}
