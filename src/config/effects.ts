import { KEYS } from './schema.js';

/**
 * Effect of a reload on a key that has changed. `live`: it applies at once, to what comes from then
 * on. `children`: so it does, and the children are drained and restarted one after another.
 * `upgrade`: the same program takes the place of this one and reads it, if that closes nobody.
 * `restart`: it is refused, and the old value stays until the supervisor is restarted.
 */
export type Effect = 'live' | 'children' | 'upgrade' | 'restart';

/** The effect of each key, in the schema's order; docs/reload.md has the same table. */
export const EFFECTS = {
  'srs.binary': 'restart',
  'srs.template': 'live',
  'children.count': 'live',
  'children.portBase': 'restart',
  'children.maxConnections': 'children',
  'children.maxStreams': 'live',
  'children.maxBitrate': 'live',
  'children.maxHungPercent': 'live',
  'children.maxCrashes': 'live',
  'children.startSeconds': 'live',
  'children.eject': 'live',
  'children.ejectSeconds': 'live',
  'children.slowStartSeconds': 'live',
  'children.recycle.memory': 'live',
  'children.recycle.age': 'live',
  'children.recycle.at': 'live',
  'children.recycle.drainSeconds': 'live',
  'children.firewall': 'upgrade',
  'origins.ttlSeconds': 'live',
  'origins.from': 'live',
  'origins.token': 'live',
  'origins.tokenFile': 'live',
  'origins.hosts': 'live',
  'origins.auth': 'live',
  'origins.authFile': 'live',
  'origins.perAddress': 'live',
  'origins.fetchOnPlay': 'live',
  'origins.fixed': 'live',
  workDir: 'restart',
  'cpu.pin': 'upgrade',
  'cpu.reserve': 'upgrade',
  'cpu.smt': 'upgrade',
  'listen.rtmp': 'upgrade',
  'listen.rtmps': 'upgrade',
  'listen.http': 'upgrade',
  'listen.https': 'upgrade',
  'listen.api': 'upgrade',
  'listen.apiHttps': 'upgrade',
  'listen.rtc': 'upgrade',
  'listen.srt': 'upgrade',
  'listen.peer': 'upgrade',
  'listen.admin': 'upgrade',
  'tls.cert': 'live',
  'tls.key': 'live',
  'proxies.trusted': 'upgrade',
  'proxies.protocol': 'upgrade',
  vhosts: 'children',
  'http.dir': 'upgrade',
  'http.waitSeconds': 'live',
  'hls.enabled': 'children',
  'hls.from': 'live',
  'hls.fragmentSeconds': 'children',
  'hls.windowSeconds': 'children',
  'hooks.on_connect': 'live',
  'hooks.on_close': 'live',
  'hooks.on_publish': 'live',
  'hooks.on_unpublish': 'live',
  'hooks.on_play': 'live',
  'hooks.on_stop': 'live',
  'hooks.on_dvr': 'live',
  'hooks.on_hls': 'live',
  'hooks.timeoutSeconds': 'live',
  'publish.takeover': 'live',
  'publish.silentSeconds': 'live',
  'publish.backup': 'live',
  'access.rules': 'live',
  'access.keys': 'live',
  'access.keysFile': 'live',
  'access.leewaySeconds': 'live',
  'access.jwt.keys': 'live',
  'access.jwt.keysFile': 'live',
  'access.jwt.secret': 'live',
  'access.jwt.secretFile': 'live',
  'access.jwt.issuer': 'live',
  'access.jwt.audience': 'live',
  'rtc.candidates': 'live',
  'rtc.media': 'upgrade',
  'srt.defaultStreamId': 'live',
  'srt.defaultMode': 'live',
  registry: 'restart',
  registryFile: 'restart',
  'cluster.prefix': 'restart',
  'cluster.address': 'restart',
  'cluster.secret': 'restart',
  'cluster.secretFile': 'restart',
  'cluster.sentinelAuth': 'restart',
  'cluster.sentinelAuthFile': 'restart',
  placement: 'upgrade',
  'relay.engine': 'restart',
  'relay.threads': 'restart',
  'fanout.mode': 'live',
  'fanout.from': 'live',
  'fanout.seconds': 'live',
  'fanout.streamMemory': 'live',
  'fanout.memory': 'live',
  'limits.identifySeconds': 'live',
  'limits.connections': 'live',
  'limits.connectionsPerIp': 'live',
  'limits.newConnectionsPerIp': 'live',
  'limits.apiRequestsPerIp': 'live',
  'limits.offersPerIp': 'live',
  'limits.heldPlayers': 'live',
  'limits.heldPlayersPerIp': 'live',
  'limits.viewersPerStream': 'live',
  'limits.streams': 'live',
  'limits.streamsPerIp': 'live',
  'limits.publishBitrate': 'live',
  'drain.seconds': 'live',
  'api.changes': 'live',
  'api.token': 'live',
  'api.tokenFile': 'live',
  'api.username': 'live',
  'api.password': 'live',
  'api.passwordFile': 'live',
  'admin.token': 'live',
  'admin.tokenFile': 'live',
  'metrics.streams': 'live',
  'log.level': 'live',
  'log.format': 'live',
  'log.connections': 'live',
} as const satisfies Readonly<Record<string, Effect>>;

type Key = keyof typeof EFFECTS;
/** A key that a reload applies in the running program. */
export type RenewableKey = {
  [K in Key]: (typeof EFFECTS)[K] extends 'restart' | 'upgrade' ? never : K;
}[Key];

/** Reasons for which keys take a restart, by key or section. */
const REASONS: Readonly<Record<string, string>> = {
  'srs.binary': 'the running children are of that program',
  'children.portBase': 'the running children have their ports by it',
  workDir: 'the running children have their files there',
  registry: 'the claims are there',
  registryFile: 'the claims are there',
  cluster: 'the boxes know each other by it',
  relay: 'the threads of the relay were started by it',
};

export function effectOf(key: string): Effect {
  return (EFFECTS as Readonly<Record<string, Effect>>)[key] ?? 'restart';
}

/** Returns why a key takes a restart. */
export function restartReason(key: string): string {
  const [section = ''] = key.split('.');
  return REASONS[key] ?? REASONS[section] ?? 'it is read at the start';
}

/** Returns the keys that no program can change while the children that it found run. */
export function lastingKeys(): readonly string[] {
  return KEYS.filter((key) => effectOf(key) === 'restart');
}
