/** In which order test files run, and how many at once, on two cores. */

/** Most files wait for children, timeouts and each other more than they compute. */
export const FILES_AT_ONCE = 4;
export const CALM_AT_ONCE = 2;

/** Files that judge how a process does in time: they run after the others. */
export const CALM: readonly string[] = [
  'child/ails',
  'child/health',
  'clock/loop',
  'e2e/standstill',
  'growth',
];

/** Files of half a minute and more, the longest first. */
export const LONG: readonly string[] = [
  'e2e/eject',
  'e2e/operate',
  'e2e/reload',
  'e2e/upgrade',
  'e2e/operate-faults',
  'e2e/takeover',
  'e2e/fanout',
  'e2e/runbook',
  'e2e/reload-upgrade',
  'e2e/upgrade-udp',
  'twins/twins',
  'e2e/kick',
  'e2e/docs',
  'e2e/cluster-faults',
  'e2e/standstill',
  'e2e/affinity',
  'e2e/cluster-network',
  'e2e/hostile-origin',
  'e2e/cluster',
  'e2e/webrtc',
  'e2e/cluster-udp',
  'e2e/refusals',
  'e2e/backup',
  'e2e/unmanaged',
  'e2e/rtmp',
  'e2e/edges',
  'e2e/cluster-origin',
  'e2e/http',
  'e2e/limits',
  'e2e/check',
  'e2e/firewall',
  'e2e/pages',
  'e2e/console',
  'e2e/cluster-dead-child',
  'registry/redis/redis-cluster',
  'e2e/relay',
  'e2e/srt',
  'e2e/hooks',
  'e2e/supervisor-kill',
  'e2e/crash',
  'e2e/webrtc-offload',
  'e2e/log-sinks',
  'patterns',
];
