import { z } from 'zod';
import { LOG_FORMATS, LOG_LEVELS } from '../logging/logger.js';
import { accessRules, signingKeys } from './access-rules.js';
import { jwtKeys } from './jwt-keys.js';
import { age, orOff, size, timeOfDay } from './quantities.js';
import {
  address,
  addressOrOff,
  autoOnOff,
  byHost,
  credentials,
  fixedOrigins,
  host,
  hosts,
  integer,
  key,
  networks,
  oneOf,
  onOff,
  orAuto,
  orNull,
  path,
  privateAddress,
  registry,
  seconds,
  text,
  urls,
  words,
} from './readers.js';

const count = integer(0, 1_000_000);

function section<T extends z.ZodRawShape>(shape: T) {
  return z.strictObject(shape).prefault({} as never);
}

/** All keys with their rules and defaults, in the order of the reference file. */
export const schema = z.strictObject({
  srs: section({
    binary: key(orAuto(path), 'auto'),
    template: key(orNull(path), null),
  }),
  children: section({
    count: key(orAuto(integer(0, 1000)), 'auto'),
    portBase: key(integer(1024, 65_000), 20_000),
    maxConnections: key(integer(1, 1_000_000), 1000),
    maxStreams: key(count, 0),
    maxBitrate: key(count, 0),
    maxHungPercent: key(integer(1, 100), 25),
    maxCrashes: key(integer(0, 1000), 10),
    startSeconds: key(integer(1, 90), 30),
    eject: key(onOff, 'on'),
    ejectSeconds: key(seconds(3600), 30),
    slowStartSeconds: key(integer(0, 3600), 30),
    recycle: section({
      memory: key(orOff(size), 'off'),
      age: key(orOff(age), 'off'),
      at: key(orOff(timeOfDay), 'off'),
      drainSeconds: key(seconds(86_400), 60),
    }),
    firewall: key(autoOnOff, 'auto'),
  }),
  origins: section({
    ttlSeconds: key(seconds(3600), 30),
    from: key(networks, []),
    token: key(orNull(text('a text of 16 characters or more without spaces', /^\S{16,}$/)), null),
    tokenFile: key(orNull(path), null),
    hosts: key(networks, []),
    auth: key(orNull(credentials), null),
    authFile: key(orNull(path), null),
    perAddress: key(integer(1, 256), 64),
    fetchOnPlay: key(onOff, 'off'),
    fixed: key(fixedOrigins, []),
  }),
  workDir: key(path, './run'),
  cpu: section({
    pin: key(autoOnOff, 'auto'),
    reserve: key(orAuto(integer(0, 1024)), 'auto'),
    smt: key(oneOf('one-per-core', 'every-thread'), 'one-per-core'),
  }),
  listen: section({
    rtmp: key(address, 1935),
    rtmps: key(addressOrOff, 'off'),
    http: key(addressOrOff, 8080),
    https: key(addressOrOff, 'off'),
    api: key(addressOrOff, 1985),
    apiHttps: key(addressOrOff, 'off'),
    rtc: key(addressOrOff, 8000),
    srt: key(addressOrOff, 10_080),
    peer: key(addressOrOff, 12_035),
    admin: key(privateAddress, '127.0.0.1:12025'),
  }),
  tls: section({
    cert: key(orNull(path), null),
    key: key(orNull(path), null),
  }),
  proxies: section({
    trusted: key(networks, []),
    protocol: key(words('rtmp', 'rtmps', 'http', 'https', 'api', 'apiHttps'), []),
  }),
  vhosts: key(byHost('flv', 'ts', 'mp3', 'aac'), {}),
  http: section({
    dir: key(orNull(path), null),
    waitSeconds: key(seconds(300), 10),
  }),
  hls: section({
    enabled: key(onOff, 'on'),
    from: key(oneOf('disk', 'child'), 'disk'),
    fragmentSeconds: key(seconds(60), 10),
    windowSeconds: key(seconds(3600), 60),
  }),
  hooks: section({
    on_connect: key(urls, []),
    on_close: key(urls, []),
    on_publish: key(urls, []),
    on_unpublish: key(urls, []),
    on_play: key(urls, []),
    on_stop: key(urls, []),
    on_dvr: key(urls, []),
    on_hls: key(urls, []),
    timeoutSeconds: key(seconds(300), 30),
  }),
  publish: section({
    takeover: key(oneOf('silent', 'refuse', 'always'), 'silent'),
    silentSeconds: key(seconds(300), 2),
    backup: key(onOff, 'off'),
  }),
  access: section({
    rules: key(accessRules, []),
    keys: key(signingKeys, []),
    keysFile: key(orNull(path), null),
    leewaySeconds: key(integer(0, 3600), 60),
    jwt: section({
      keys: key(orNull(jwtKeys), null),
      keysFile: key(orNull(path), null),
      secret: key(
        orNull(text('a text of 32 characters or more without spaces', /^\S{32,}$/)),
        null,
      ),
      secretFile: key(orNull(path), null),
      issuer: key(orNull(text('a text of one character or more')), null),
      audience: key(orNull(text('a text of one character or more')), null),
    }),
  }),
  rtc: section({
    candidates: key(hosts, []),
    media: key(oneOf('relay', 'direct', 'offload'), 'relay'),
  }),
  srt: section({
    defaultStreamId: key(text('app/stream', /^[\w.-]+\/[\w.-]+$/), 'live/livestream'),
    defaultMode: key(oneOf('refuse', 'play', 'publish'), 'refuse'),
  }),
  registry: key(registry, 'memory'),
  registryFile: key(orNull(path), null),
  cluster: section({
    prefix: key(text('letters, digits, - and _', /^[\w-]{1,64}$/), 'srs-supervisor'),
    address: key(host, 'auto'),
    secret: key(orNull(text('a text of 16 characters or more without spaces', /^\S{16,}$/)), null),
    secretFile: key(orNull(path), null),
    sentinelAuth: key(orNull(text("'username:password' or ':password'", /^[^:\s]*:\S+$/)), null),
    sentinelAuthFile: key(orNull(path), null),
  }),
  placement: key(oneOf('least-loaded'), 'least-loaded'),
  relay: section({
    engine: key(oneOf('auto', 'native', 'portable'), 'auto'),
    threads: key(orAuto(integer(1, 64)), 'auto'),
  }),
  fanout: section({
    mode: key(oneOf('auto', 'off'), 'off'),
    from: key(integer(1, 1_000_000), 3),
    seconds: key(seconds(300), 10),
    streamMemory: key(size, '32MB'),
    memory: key(size, '512MB'),
  }),
  limits: section({
    identifySeconds: key(seconds(300), 10),
    connections: key(orAuto(integer(1, 1_000_000)), 'auto'),
    connectionsPerIp: key(orAuto(count), 'auto'),
    newConnectionsPerIp: key(integer(0, 100_000), 0),
    apiRequestsPerIp: key(count, 100),
    offersPerIp: key(count, 20),
    heldPlayers: key(integer(1, 1_000_000), 10_000),
    heldPlayersPerIp: key(count, 1000),
    viewersPerStream: key(count, 0),
    streams: key(count, 0),
    streamsPerIp: key(count, 0),
    publishBitrate: key(count, 0),
  }),
  drain: section({
    seconds: key(seconds(86_400), 30),
  }),
  api: section({
    changes: key(oneOf('local', 'token', 'open'), 'local'),
    token: key(orNull(text('a text of 16 characters or more without spaces', /^\S{16,}$/)), null),
    tokenFile: key(orNull(path), null),
    username: key(orNull(text('a name without a colon', /^[^:\s][^:]*$/)), null),
    password: key(orNull(text('a text of one character or more')), null),
    passwordFile: key(orNull(path), null),
  }),
  admin: section({
    token: key(orNull(text('a text of 16 characters or more without spaces', /^\S{16,}$/)), null),
    tokenFile: key(orNull(path), null),
  }),
  metrics: section({
    streams: key(integer(0, 10_000), 0),
  }),
  log: section({
    level: key(oneOf(...LOG_LEVELS), 'info'),
    format: key(oneOf(...LOG_FORMATS), 'auto'),
    connections: key(integer(0, 100_000), 20),
  }),
});

/** All keys in dotted form (`listen.rtmp`, `workDir`), in the schema's order. */
export const KEYS: readonly string[] = keysOf(schema, '');

function keysOf(node: z.ZodObject, prefix: string): string[] {
  return Object.entries(node.shape).flatMap(([name, leaf]) => {
    const inner = leaf instanceof z.ZodPrefault ? leaf.unwrap() : leaf;
    const path = `${prefix}${name}`;
    return inner instanceof z.ZodObject ? keysOf(inner, `${path}.`) : [path];
  });
}

/** Returns the names allowed in a section; for '' those of the whole file. */
export function namesIn(section: string): string[] {
  const prefix = section === '' ? '' : `${section}.`;
  const inside = KEYS.filter((name) => name.startsWith(prefix));
  const names = inside.map((name) => name.slice(prefix.length).split('.')[0] ?? '');
  return [...new Set(names)];
}
