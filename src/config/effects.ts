/**
 * Effect of a reload on a key that has changed. `live`: it applies at once, to what comes from then
 * on. `children`: so it does, and the children are drained and restarted one after another.
 * `restart`: it is refused, and the old value stays until the supervisor is restarted.
 */
export type Effect = 'live' | 'children' | 'restart';

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
  'children.firewall': 'restart',
  'origins.ttlSeconds': 'restart',
  'origins.from': 'live',
  'origins.token': 'live',
  'origins.tokenFile': 'live',
  'origins.hosts': 'live',
  'origins.auth': 'restart',
  'origins.authFile': 'restart',
  'origins.perAddress': 'restart',
  'origins.fixed': 'restart',
  workDir: 'restart',
  'cpu.pin': 'restart',
  'cpu.reserve': 'restart',
  'cpu.smt': 'restart',
  'listen.rtmp': 'restart',
  'listen.rtmps': 'restart',
  'listen.http': 'restart',
  'listen.https': 'restart',
  'listen.api': 'restart',
  'listen.apiHttps': 'restart',
  'listen.rtc': 'restart',
  'listen.srt': 'restart',
  'listen.peer': 'restart',
  'listen.admin': 'restart',
  'tls.cert': 'live',
  'tls.key': 'live',
  'proxies.trusted': 'restart',
  'proxies.protocol': 'restart',
  vhosts: 'children',
  'http.dir': 'restart',
  'http.waitSeconds': 'live',
  'hls.enabled': 'restart',
  'hls.from': 'restart',
  'hls.fragmentSeconds': 'restart',
  'hls.windowSeconds': 'restart',
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
  'access.rules': 'live',
  'access.keys': 'live',
  'access.keysFile': 'live',
  'access.leewaySeconds': 'live',
  'rtc.candidates': 'live',
  'rtc.media': 'restart',
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
  placement: 'restart',
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
  'limits.apiRequestsPerIp': 'live',
  'limits.offersPerIp': 'live',
  'limits.heldPlayers': 'live',
  'limits.heldPlayersPerIp': 'live',
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
/** A key that a reload applies. */
export type RenewableKey = {
  [K in Key]: (typeof EFFECTS)[K] extends 'restart' ? never : K;
}[Key];

/** Reasons for which keys take a restart, by key or section. */
const REASONS: Readonly<Record<string, string>> = {
  listen: 'ports are opened at the start',
  proxies: 'the ports were opened with it',
  'srs.binary': 'the running children are of that program',
  'children.portBase': 'the running children have their ports by it',
  'children.firewall': 'the running children have their ports by it',
  workDir: 'the running children have their files there',
  cpu: 'the CPUs were divided by it at the start',
  origins: 'the register of origins began with it',
  http: 'the HTTP ports were opened with it',
  hls: 'playlists are continued by it',
  rtc: 'the media port was opened with it',
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
