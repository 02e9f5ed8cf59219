import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { KEYS } from '../../src/config/schema.js';
import { SECRET_KEYS } from '../../src/config/secret-keys.js';
import type { Environment } from '../../src/config/setting.js';
import { environmentName, type Flags } from '../../src/config/sources.js';
import { SupervisorError } from '../../src/errors.js';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'config-'));
});
after(() => rm(dir, { recursive: true, force: true }));

async function yaml(text: string): Promise<string> {
  const file = join(dir, 'srs.yaml');
  await writeFile(file, text);
  return file;
}

interface Case {
  readonly flags?: Flags;
  readonly env?: Environment;
  readonly yaml?: string;
}

async function load(given: Case) {
  const file = given.yaml === undefined ? undefined : await yaml(given.yaml);
  return loadConfig({ flags: given.flags ?? {}, env: given.env ?? {}, file });
}

async function refused(given: Case): Promise<string> {
  try {
    await load(given);
  } catch (error) {
    assert.ok(error instanceof SupervisorError, String(error));
    assert.equal(error.code, 'ERR_CONFIG');
    assert.ok(!error.message.includes('\n'), error.message);
    return error.message.replace(`${dir}/`, '');
  }
  assert.fail('accepted');
}

test('defaults are those of the contract', async () => {
  const config = await load({});
  assert.deepEqual(config, {
    srs: { binary: 'auto', template: null },
    children: {
      count: 'auto',
      portBase: 20000,
      maxConnections: 1000,
      maxStreams: 0,
      maxBitrate: 0,
      maxHungPercent: 25,
      maxCrashes: 10,
      startSeconds: 30,
      eject: true,
      ejectSeconds: 30,
      slowStartSeconds: 30,
      recycle: { memory: null, age: null, at: null, drainSeconds: 60 },
      firewall: 'auto',
    },
    workDir: resolve('run'),
    cpu: { pin: 'auto', reserve: 'auto', smt: 'one-per-core' },
    listen: {
      rtmp: { port: 1935 },
      rtmps: null,
      http: { port: 8080 },
      https: null,
      api: { port: 1985 },
      apiHttps: null,
      rtc: { port: 8000 },
      srt: { port: 10080 },
      peer: { port: 12035 },
      admin: { host: '127.0.0.1', port: 12025 },
    },
    tls: { cert: null, key: null },
    proxies: { trusted: [], protocol: [] },
    vhosts: {},
    http: { dir: null, waitSeconds: 10 },
    hls: { enabled: true, from: 'disk', fragmentSeconds: 10, windowSeconds: 60 },
    hooks: {
      ...{ on_connect: [], on_close: [], on_publish: [], on_unpublish: [] },
      ...{ on_play: [], on_stop: [], on_dvr: [], on_hls: [], timeoutSeconds: 30 },
    },
    publish: { takeover: 'silent', silentSeconds: 2, backup: false },
    access: {
      ...{ rules: [], keys: [], keysFile: null, leewaySeconds: 60 },
      jwt: {
        ...{ keys: null, keysFile: null, secret: null, secretFile: null },
        ...{ issuer: null, audience: null },
      },
    },
    rtc: { candidates: [], media: 'relay' },
    srt: { defaultStreamId: 'live/livestream', defaultMode: 'refuse' },
    registry: 'memory',
    registryFile: null,
    cluster: {
      ...{ prefix: 'srs-supervisor', address: 'auto', secret: null, secretFile: null },
      ...{ sentinelAuth: null, sentinelAuthFile: null },
    },
    placement: 'least-loaded',
    relay: { engine: 'auto', threads: 'auto' },
    fanout: { mode: 'off', from: 3, seconds: 10, streamMemory: 32e6, memory: 512e6 },
    origins: {
      ...{ ttlSeconds: 30, from: [], token: null, tokenFile: null, hosts: [] },
      ...{ auth: null, authFile: null, perAddress: 64, fetchOnPlay: false, fixed: [] },
    },
    limits: {
      identifySeconds: 10,
      connections: 'auto',
      connectionsPerIp: 'auto',
      newConnectionsPerIp: 0,
      apiRequestsPerIp: 100,
      offersPerIp: 20,
      heldPlayers: 10_000,
      heldPlayersPerIp: 1000,
      ...{ viewersPerStream: 0, streams: 0, streamsPerIp: 0, publishBitrate: 0 },
    },
    drain: { seconds: 30 },
    api: {
      ...{ changes: 'local', token: null, tokenFile: null },
      ...{ username: null, password: null, passwordFile: null },
    },
    admin: { token: null, tokenFile: null },
    metrics: { streams: 0 },
    log: { level: 'info', format: 'auto', connections: 20 },
  });
});

test('is frozen all the way down', async () => {
  const config = await load({ yaml: 'rtc: { candidates: [10.0.0.1] }' });
  for (const part of [config, config.listen, config.listen.rtmp, config.rtc.candidates]) {
    assert.ok(Object.isFrozen(part));
  }
});

test('an empty file and empty sections say nothing', async () => {
  const defaults = await load({});
  assert.deepEqual(await load({ yaml: '' }), defaults);
  assert.deepEqual(await load({ yaml: '# nothing\n' }), defaults);
  assert.deepEqual(await load({ yaml: 'listen:\n  # rtmp: 1\nsrs:\n' }), defaults);
});

test('flags beat environment beats file beats defaults', async () => {
  const file = 'listen: { rtmp: 1, http: 2, api: 3 }';
  const env = {
    SRS_SUPERVISOR_LISTEN_RTMP: '11',
    PROXY_RTMP_SERVER: '12',
    PROXY_HTTP_SERVER: '13',
  };
  const { listen } = await load({ yaml: file, env, flags: { rtmp: '127.0.0.1:21' } });
  assert.deepEqual(listen.rtmp, { host: '127.0.0.1', port: 21 });
  assert.deepEqual(listen.http, { port: 13 });
  assert.deepEqual(listen.api, { port: 3 });
  assert.deepEqual(listen.rtc, { port: 18_000 });
  const children = await load({ yaml: file, env, flags: { children: '2' } });
  assert.deepEqual(children.listen.rtc, { port: 8000 });
  assert.deepEqual((await load({ yaml: file, env })).listen.rtmp, { port: 11 });
});

test('each flag sets its key', async () => {
  const config = await load({
    flags: {
      ...{ children: '3', srs: '/opt/srs', workdir: 'w', rtmp: '1', http: '2', api: '3' },
      ...{ rtc: '4', srt: '5', admin: '[::1]:6', registry: 'redis://h', relay: 'native' },
      ...{ logLevel: 'debug', logFormat: 'json', pin: false },
    },
  });
  assert.equal(config.children.count, 3);
  assert.equal(config.srs.binary, '/opt/srs');
  assert.equal(config.workDir, resolve('w'));
  assert.deepEqual(openPorts(config), [1, 2, 3, 4, 5, 12035, 6]);
  assert.equal(config.registry, 'redis://h');
  assert.equal(config.relay.engine, 'native');
  assert.deepEqual(config.log, { level: 'debug', format: 'json', connections: 20 });
  assert.equal(config.cpu.pin, 'off');
  assert.equal((await load({ flags: { pin: true } })).cpu.pin, 'auto');
});

test('every key has an environment name', async () => {
  assert.equal(environmentName('children.portBase'), 'SRS_SUPERVISOR_CHILDREN_PORT_BASE');
  assert.equal(environmentName('workDir'), 'SRS_SUPERVISOR_WORK_DIR');
  // A blank is an empty list or mapping, too.
  const lists =
    /^(rtc\.candidates|vhosts|access\.(rules|keys)|origins\.(from|hosts|fixed)|hooks\.on_\w+|proxies\.\w+)$/;
  for (const key of KEYS.filter((name) => !lists.test(name))) {
    const name = environmentName(key);
    const said = await refused({ env: { [name]: ' ' } });
    assert.ok(said.startsWith(`environment ${name}: ${key}: must be `), said);
  }
});

test('a section within a section is read from files and the environment', async () => {
  const given = 'children: { recycle: { memory: 2GB, at: "04:30" } }';
  const env = { SRS_SUPERVISOR_CHILDREN_RECYCLE_AGE: '7d' };
  const { recycle, maxStreams } = (await load({ yaml: given, env })).children;
  assert.deepEqual(recycle, { memory: 2e9, age: 604_800, at: 270, drainSeconds: 60 });
  assert.equal(maxStreams, 0);
  assert.equal((await load({ yaml: 'children: { recycle: }', env })).children.recycle.age, 604_800);
  assert.equal(
    await refused({ yaml: 'children:\n  recycle: { mem: 2GB }' }),
    'srs.yaml:2: children.recycle.mem: unknown key; known here: memory, age, at, drainSeconds',
  );
  assert.equal(
    await refused({ yaml: 'children: { recycle: 7 }', env }),
    'srs.yaml:1: children.recycle: must be a mapping of keys to values, got 7',
  );
});

test('environment values take the types of their keys', async () => {
  const config = await load({
    env: {
      SRS_SUPERVISOR_CHILDREN_COUNT: '7',
      SRS_SUPERVISOR_RTC_CANDIDATES: '10.0.0.1, live.example.org',
      SRS_SUPERVISOR_LIMITS_IDENTIFY_SECONDS: '2.5',
      SRS_SUPERVISOR_SRS_TEMPLATE: 'null',
      SRS_SUPERVISOR_LISTEN_HTTP: '',
    },
  });
  assert.equal(config.children.count, 7);
  assert.deepEqual(config.rtc.candidates, ['10.0.0.1', 'live.example.org']);
  assert.equal(config.limits.identifySeconds, 2.5);
  assert.equal(config.srs.template, null);
  assert.equal(config.listen.http?.port, 8080);
});

test("understands the Go proxy's environment", async () => {
  const config = await load({
    env: {
      PROXY_RTMP_SERVER: '11935',
      PROXY_HTTP_API: ':11985',
      PROXY_HTTP_SERVER: '18080',
      PROXY_WEBRTC_SERVER: '18000',
      PROXY_SRT_SERVER: '20080',
      PROXY_SYSTEM_API: '12026',
      PROXY_LOAD_BALANCER_TYPE: 'redis',
      PROXY_REDIS_HOST: 'cache',
      PROXY_REDIS_PORT: '6380',
      PROXY_REDIS_PASSWORD: 'a@b',
      PROXY_REDIS_DB: '2',
      PROXY_STATIC_FILES: '../research/players',
    },
  });
  assert.deepEqual(openPorts(config), [11935, 18080, 11985, 18000, 20080, 12035, 12026]);
  assert.equal(config.listen.admin.host, '127.0.0.1');
  assert.equal(config.http.dir, '../research/players');
  assert.equal(config.children.count, 0);
  assert.equal(config.registry, 'redis://:a%40b@cache:6380/2');
});

test("in the Go proxy's environment what nobody names is as with that proxy", async () => {
  const env = { PROXY_LOAD_BALANCER_TYPE: 'memory' };
  const config = await load({ env });
  assert.equal(config.children.count, 0);
  assert.deepEqual(openPorts(config), [11935, 18080, 11985, 18000, 20080, 12035, 12025]);
  const file = await load({ env, yaml: 'listen: { http: 80 }\nhls: { enabled: off }' });
  assert.deepEqual(openPorts(file), [11935, 80, 11985, 18000, 20080, 12035, 12025]);
  for (const named of [{ flags: { children: 'auto' } }, { yaml: 'children: { count: auto }' }]) {
    const own = await load({ env, ...named });
    assert.equal(own.children.count, 'auto');
    assert.equal(own.listen.rtmp.port, 1935);
  }
});

test("in the Go proxy's environment every origin registers, unless somebody says which", async () => {
  const env = { PROXY_SYSTEM_API: '12025' };
  const everybody = ['0.0.0.0/0', '::/0'];
  for (const yaml of ['', 'children: { count: 2 }']) {
    const { origins } = await load({ env, yaml });
    assert.deepEqual([origins.from, origins.hosts], [everybody, everybody]);
  }
  for (const keys of ['from: [10.0.0.0/8]', 'token: sixteen-characters', 'from: []']) {
    const { origins } = await load({ env, yaml: `origins: { ${keys} }` });
    assert.deepEqual(
      [origins.from, origins.hosts].flat(),
      keys.includes('10.') ? ['10.0.0.0/8'] : [],
    );
  }
  const { origins } = await load({});
  assert.deepEqual([origins.from, origins.hosts, origins.token], [[], [], null]);
});

test('credentials of origins are read, and never shown', async () => {
  const auth = 'auth=root:a%20b%2Cc';
  const { origins } = await load({
    env: {
      SRS_SUPERVISOR_ORIGINS_AUTH: 'Bearer token-of-all',
      SRS_SUPERVISOR_ORIGINS_FIXED: `10.0.0.5 rtmp=1 api=2 ${auth}`,
    },
  });
  assert.equal(origins.auth, 'Bearer token-of-all');
  assert.equal(origins.fixed[0]?.auth, 'root:a b,c');
  const wrong = ['Bearer', 'name', ':secret', 'a b:secret', 'user:se\ncret'];
  for (const text of wrong) {
    const said = await refused({ env: { SRS_SUPERVISOR_ORIGINS_AUTH: text } });
    assert.match(
      said,
      /origins.auth: must be null or 'username:password' or 'Bearer TOKEN', got another/,
    );
  }
  for (const text of [`${auth}x api=1`, 'rtmp=1 auth=nobody', `rtmp=1 ${auth} ${auth}`]) {
    const said = await refused({ env: { SRS_SUPERVISOR_ORIGINS_FIXED: `10.0.0.5 ${text}` } });
    assert.match(said, /origins.fixed: must be a list of origins like/);
    assert.doesNotMatch(said, /root:|nobody/);
  }
});

test("the Go proxy's default backend is an origin without a heartbeat", async () => {
  const env = { PROXY_DEFAULT_BACKEND_ENABLED: 'on' };
  const ports = { rtmp: 1935, http: 0, api: 1985, rtc: 8000, srt: 10080 };
  const first = await load({ env });
  assert.deepEqual(first.origins.fixed, [{ host: '127.0.0.1', ports, auth: null }]);
  assert.equal(first.children.count, 0);
  const named = { PROXY_DEFAULT_BACKEND_IP: '10.0.0.5', PROXY_DEFAULT_BACKEND_HTTP: '8081' };
  const second = await load({ env: { ...env, ...named } });
  const there = { host: '10.0.0.5', ports: { ...ports, http: 8081 }, auth: null };
  assert.deepEqual(second.origins.fixed, [there]);
  assert.deepEqual((await load({ env: { ...named } })).origins.fixed, []);
});

test("SRS's own variables and those of Kubernetes are not ours", async () => {
  const env = {
    SRS_LISTEN: '1',
    SRS_HTTP_API_LISTEN: '2',
    SRS_SUPERVISOR_PORT: 'tcp://10.0.0.1:1935',
    SRS_SUPERVISOR_SERVICE_HOST: '10.0.0.1',
    SRS_SUPERVISOR_SERVICE_PORT_RTMP: '1935',
    SRS_SUPERVISOR_PORT_1935_TCP_ADDR: '10.0.0.1',
  };
  assert.deepEqual(await load({ env }), await load({}));
});

const REFUSALS: readonly [Case, string][] = [
  ...['10.0.0.5', 'host rtmp=1935', '10.0.0.5 rtmp=0', '10.0.0.5 rtmp=1 rtmp=2'].map(
    (text): [Case, string] => [
      { env: { SRS_SUPERVISOR_ORIGINS_FIXED: text } },
      `environment SRS_SUPERVISOR_ORIGINS_FIXED: origins.fixed: must be a list of origins like '10.0.0.5 rtmp=1935 http=8080 api=1985 auth=username:password', got "${text}"`,
    ],
  ),
  [
    { yaml: 'listen:\n  rtmp: "99999"\n' },
    'srs.yaml:2: listen.rtmp: must be a port 0-65535, ip:port or [ip6]:port, got "99999"',
  ],
  [
    { flags: { rtmp: 'x' } },
    '--rtmp: listen.rtmp: must be a port 0-65535, ip:port or [ip6]:port, got "x"',
  ],
  [
    { env: { PROXY_RTMP_SERVER: 'x' } },
    'environment PROXY_RTMP_SERVER: listen.rtmp: must be a port 0-65535, ip:port or [ip6]:port, got "x"',
  ],
  [
    { flags: { children: '1001' } },
    '--children: children.count: must be auto or a whole number 0-1000, got "1001"',
  ],
  [
    { yaml: 'children: { count: 1.5 }' },
    'srs.yaml:1: children.count: must be auto or a whole number 0-1000, got 1.5',
  ],
  [
    { env: { SRS_SUPERVISOR_CPU_SMT: 'all' } },
    'environment SRS_SUPERVISOR_CPU_SMT: cpu.smt: must be one of one-per-core, every-thread, got "all"',
  ],
  [
    { yaml: 'placement: round-robin' },
    'srs.yaml:1: placement: must be least-loaded, the only value it has, got "round-robin"',
  ],
  [
    { yaml: '\n\nlisten: { rmtp: 1 }' },
    'srs.yaml:3: listen.rmtp: unknown key, did you mean listen.rtmp?',
  ],
  [{ yaml: 'chidren: {}' }, 'srs.yaml:1: chidren: unknown key, did you mean children?'],
  [
    { yaml: 'cpu: { cores: 1 }' },
    'srs.yaml:1: cpu.cores: unknown key; known here: pin, reserve, smt',
  ],
  [
    { env: { SRS_SUPERVISOR_LISTN_RTMP: '1' } },
    'environment SRS_SUPERVISOR_LISTN_RTMP: no such variable, did you mean SRS_SUPERVISOR_LISTEN_RTMP?',
  ],
  [{ yaml: 'listen: 1935' }, 'srs.yaml:1: listen: must be a mapping of keys to values, got 1935'],
  [
    { yaml: 'listen:\n  http: 1935\n' },
    'srs.yaml:2: listen.http: must have a port of its own, got "1935", and listen.rtmp is "1935"',
  ],
  [
    { flags: { rtmp: '127.0.0.1:8080' } },
    '--rtmp: listen.rtmp: must have a port of its own, got "127.0.0.1:8080", and listen.http is "8080"',
  ],
  [
    { flags: { rtmp: '9', rtc: '9' } },
    '--rtc: listen.rtc: must have a port of its own, got "9", and listen.rtmp is "9"',
  ],
  [
    { flags: { rtc: '9', srt: '9' } },
    '--srt: listen.srt: must have a port of its own, got "9", and listen.rtc is "9"',
  ],
  [
    { flags: { admin: '0.0.0.0:12025' } },
    '--admin: listen.admin: must be on loopback unless a token guards it, got "0.0.0.0:12025"; set admin.token (or SRS_SUPERVISOR_ADMIN_TOKEN)',
  ],
  [
    { flags: { registry: 'redis://:secret@' } },
    '--registry: registry: must be memory or redis://[:password@]host[:port][/db], got "redis://***@"',
  ],
  [
    { env: { SRS_SUPERVISOR_ADMIN_TOKEN: 'short' } },
    'environment SRS_SUPERVISOR_ADMIN_TOKEN: admin.token: must be null or a text of 16 characters or more without spaces, got another (not shown)',
  ],
];

test('a refusal is one line with the place, the key, the rule and the value', async () => {
  for (const [given, expected] of REFUSALS) assert.equal(await refused(given), expected);
});

/** A text that is no YAML, and what is said of it behind `srs.yaml:`. */
const BROKEN: readonly (readonly [text: string, says: RegExp])[] = [
  ['listen: {\n  rtmp: 1\n', /^\d: not valid YAML: .*a bracket is not closed/],
  ['workDir: a\nworkDir: b\n', /^2: not valid YAML: this key stands there twice; remove one/],
  ['listen:\n\trtmp: 1\n', /^2: not valid YAML: a tab cannot indent; use spaces$/],
  ['a: 1\n---\nb: 2\n', /^2: not valid YAML: a second document begins here; keep all keys in one/],
  [
    'listen: { rtmp: *:1935 }',
    /^1: not valid YAML: \*:1935 is an alias, and nothing has that name/,
  ],
  ['a: b: c', /^1: not valid YAML: one line holds two keys/],
  [
    'workDir: @run',
    /^1: not valid YAML: a value cannot begin with that character; put .* in quotes/,
  ],
  ['workDir: !run x', /^1: not valid YAML: a value that begins with ! is a tag/],
  ['workDir: "run', /^\d: not valid YAML: a character is missing: .* a closing quote/],
  ['- a\n- b', /^1: must be a mapping of keys to values, such as listen: /],
  ['listen:\n rtmp 1\n', /^1: listen: must be a mapping of keys to values, got "rtmp 1"$/],
];

test('broken YAML is one line with its place, and in our own words', async () => {
  for (const [text, says] of BROKEN) {
    const line = await refused({ yaml: text });
    assert.match(line.replace(/^srs\.yaml:/, ''), says);
  }
});

test('a file that cannot be read is one line', async () => {
  await assert.rejects(loadConfig({ env: {}, file: '/no/such.yaml' }), {
    message: '/no/such.yaml: cannot read the config: no such file; name a YAML file with -c',
  });
  await assert.rejects(loadConfig({ env: {}, file: dir }), {
    code: 'ERR_CONFIG',
    message: `${dir}: cannot read the config: it is a directory, not a file; name a YAML file with -c`,
  });
});

test('a path may begin with the home directory', async () => {
  const text = 'workDir: ~/run\nhttp: { dir: ~/www }\ntls: { key: /a/~/key }';
  const { workDir, http, tls } = await load({ yaml: text });
  const home = homedir();
  assert.deepEqual([workDir, http.dir, tls.key], [`${home}/run`, `${home}/www`, '/a/~/key']);
  assert.match(
    await refused({ yaml: 'workDir: ~srs/run' }),
    /^srs\.yaml:1: workDir: must be a path; ~\/ is your own home, .*got "~srs\/run"$/,
  );
});

test('one port in two transports, one port on two hosts, and port 0 are no clash', async () => {
  await load({ flags: { rtmp: '9000', srt: '9000' } });
  await load({ flags: { rtmp: '127.0.0.1:80', http: '127.0.0.2:80' } });
  await load({ flags: { rtmp: '0', http: '0', api: '0', rtc: '0', srt: '0', admin: '0' } });
});

test('the admin port may be open when a token guards it', async () => {
  const env = { SRS_SUPERVISOR_ADMIN_TOKEN: 'correct-horse-battery' };
  const config = await load({ flags: { admin: '0.0.0.0:12025' }, env });
  assert.equal(config.admin.token, 'correct-horse-battery');
});

test('secrets may be in files of their own, named anywhere', async () => {
  const file = join(dir, 'secret');
  await writeFile(file, 'correct-horse-battery\n');
  const env = { SRS_SUPERVISOR_ADMIN_TOKEN_FILE: file };
  const config = await load({ env, yaml: `cluster: { secretFile: ${file} }` });
  assert.equal(config.admin.token, 'correct-horse-battery');
  assert.equal(config.cluster.secret, 'correct-horse-battery');
  const twice = { ...env, SRS_SUPERVISOR_ADMIN_TOKEN: 'another-horse-battery' };
  assert.equal(
    await refused({ env: twice }),
    'environment SRS_SUPERVISOR_ADMIN_TOKEN_FILE: admin.tokenFile: must be the only one to set admin.token, which environment SRS_SUPERVISOR_ADMIN_TOKEN sets as well',
  );
  assert.equal(
    await refused({ yaml: 'registryFile: /no/such' }),
    'srs.yaml:1: registryFile: cannot read /no/such: no such file',
  );
  await writeFile(file, 'redis://:pass word@\n');
  assert.match(
    await refused({ yaml: `registryFile: ${file}` }),
    /secret: registry: must be memory or redis:.*got "redis:\/\/\*\*\*@"$/,
  );
});

test('every secret may be in a file', async () => {
  const file = join(dir, 'secret');
  const text = 'alice:correct-horse-battery-staple-1';
  await writeFile(file, `${text}\n`);
  const read = (config: object, key: string): unknown =>
    key
      .split('.')
      .reduce((value: unknown, name) => (value as Record<string, unknown>)[name], config);
  for (const key of SECRET_KEYS) {
    const [name = '', ...sections] = key.split('.').reverse();
    const user = key === 'api.password' ? 'username: bob, ' : '';
    const inner = `{ ${user}${name}File: ${file} }`;
    const yaml = sections.reduce((rest, section) => `{ ${section}: ${rest} }`, inner);
    const config = await load({ yaml });
    // The keys of signed URLs are kept apart from their ids.
    const value = key === 'access.keys' ? [{ id: 'alice', secret: text.slice(6) }] : text;
    assert.deepEqual(read(config, key), value, key);
  }
});

test('switches may be written as YAML booleans', async () => {
  assert.equal((await load({ yaml: 'cpu: { pin: on }' })).cpu.pin, 'on');
  assert.equal((await load({ yaml: 'cpu: { pin: false }' })).cpu.pin, 'off');
});

function openPorts({ listen }: Config): number[] {
  return Object.values(listen).flatMap((address) => address?.port ?? []);
}

test('listeners can be off, vhosts have a format, proxies are networks', async () => {
  const yaml = `
listen: { http: off, srt: null, rtmps: 1443 }
tls: { cert: a.pem, key: b.pem }
vhosts: { ts.example.com: ts, radio.example.com: aac }
proxies: { trusted: [10.0.0.0/8, "::1"], protocol: [rtmp] }
hls: { enabled: off }
hooks: { on_publish: ["http://127.0.0.1:9000/hook"] }
`;
  const { listen, vhosts, proxies, hls, hooks } = await load({ yaml });
  assert.deepEqual([listen.http, listen.srt, listen.rtmps], [null, null, { port: 1443 }]);
  assert.deepEqual(vhosts, { 'ts.example.com': 'ts', 'radio.example.com': 'aac' });
  assert.deepEqual(proxies, { trusted: ['10.0.0.0/8', '::1'], protocol: ['rtmp'] });
  assert.equal(hls.enabled, false);
  assert.deepEqual(hooks.on_publish, ['http://127.0.0.1:9000/hook']);
  const env = { SRS_SUPERVISOR_VHOSTS: 'a.example.com=ts, b.example.com=flv' };
  assert.deepEqual((await load({ env })).vhosts, { 'a.example.com': 'ts', 'b.example.com': 'flv' });
});

test('what cannot be is refused in one line', async () => {
  const cases: [string, RegExp][] = [
    ['listen: { https: 8443 }', /listen\.https: must have a certificate; set tls\.cert/],
    ['vhosts: { a.example.com: hls }', /vhosts: must be a mapping of host names to flv, ts/],
    ['proxies: { trusted: [10.0.0.0/99] }', /proxies\.trusted: must be a list of IP addresses/],
    ['proxies: { protocol: [rtc] }', /proxies\.protocol: must be a list of rtmp, rtmps/],
    ['hooks: { on_play: [ftp://a/] }', /hooks\.on_play: must be a list of http:/],
    ['hls: { windowSeconds: 20 }', /hls\.windowSeconds: must hold three fragments, 30 seconds/],
    [
      'publish: { backup: on, takeover: always }',
      /publish\.backup: must be off with publish\.takeover/,
    ],
    ['api: { changes: token }', /api\.changes: must have a token to ask for.*set api\.token/],
    ['api: { username: ann }', /api\.password: must be there too: username and password/],
    ['api: { password: secret }', /api\.username: must be there too/],
    [
      'api: { token: short }',
      /api\.token: must be null or a text of 16 .* got another \(not shown\)/,
    ],
    ['listen: { rtmp: off }', /listen\.rtmp: must be a port/],
  ];
  for (const [yaml, said] of cases) assert.match(await refused({ yaml }), said);
});
