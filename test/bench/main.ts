/** `npm run bench [-- NAME ...]`: runs the benches named, or those of the whole box. */

const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  access: () => import('./access.js'),
  api: () => import('./api.js'),
  'busy-child': () => import('./busy-child.js'),
  console: () => import('./console.js'),
  fanout: () => import('./fanout.js'),
  'first-media': () => import('./first-media.js'),
  'http-flv': () => import('./http-flv.js'),
  load: () => import('./load.js'),
  gate: () => import('./gate.js'),
  'half-open': () => import('./half-open.js'),
  hls: () => import('./hls.js'),
  hostile: () => import('./hostile.js'),
  idle: () => import('./idle.js'),
  'idle-connections': () => import('./idle-connections.js'),
  memory: () => import('./memory.js'),
  notice: () => import('./notice.js'),
  origin: () => import('./origin.js'),
  registry: () => import('./registry.js'),
  relay: () => import('./relay.js'),
  'relay-churn': () => import('./relay-churn.js'),
  'relay-idle': async () => ({ run: (await import('./relay.js')).runIdle }),
  'relay-soak': () => import('./relay-soak.js'),
  'relay-udp': () => import('./relay-udp.js'),
  roll: () => import('./roll.js'),
  'setup-threads': () => import('./setup-threads.js'),
  setups: () => import('./setups.js'),
  soak: () => import('./soak.js'),
  srt: () => import('./srt.js'),
  start: () => import('./start.js'),
  takeover: () => import('./takeover.js'),
  'webrtc-offload': () => import('./webrtc-offload.js'),
  upgrade: () => import('./upgrade.js'),
  webrtc: () => import('./webrtc.js'),
};

const names = process.argv.slice(2);
for (const name of names.length > 0 ? names : Object.keys(BENCHES)) {
  const load = BENCHES[name];
  if (load === undefined) {
    console.error(`no bench ${name}; there are ${Object.keys(BENCHES).join(', ')}`);
    process.exitCode = 2;
    break;
  }
  const bench = await load();
  await bench.run();
}
