import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ConfPlan } from '../../src/child/conf-plan.js';
import { type Duties, ffmpegLogFolder, ingesterAmong } from '../../src/child/duties.js';
import { portsAt } from '../../src/child/ports.js';
import { renderSrsConf } from '../../src/child/srs-conf.js';
import { NO_TEMPLATE, parseTemplate, type Template } from '../../src/child/template.js';
import { testConf } from '../../src/child/test-conf.js';
import type { ChildState } from '../../src/child/types.js';
import { find, parseConf } from '../../src/srs-conf/parse.js';
import { mini, NO_SRS, real, tempDir } from './helpers.js';

const PLAN: ConfPlan = {
  id: 'c017',
  generation: 3,
  ports: portsAt(20_080),
  pidFile: '/run/srs/pids/c017.pid',
  html: '/run/srs/html',
  hlsDir: '/run/srs/hls',
  ffmpegLogDir: '/run/srs/logs',
  duties: { ingest: true },
  beats: null,
  maxConnections: 1000,
  asprocess: true,
  template: NO_TEMPLATE,
  vhosts: {},
  hls: { fragmentSeconds: 10, windowSeconds: 60 },
  rtc: true,
  srt: true,
  onLoopback: { rtc: false, srt: false },
  hooks: null,
};

const HOOKS = { url: 'http://127.0.0.1:9/hooks/x/c017', actions: ['on_hls'], serverId: 'vid-box' };

const TEMPLATE = parseTemplate(`
listen 1935 1936;
daemon on; pid ./x.pid; srs_log_tank file; srs_log_file ./x.log; max_connections 5;
srs_log_level_v2 warn;
heartbeat { enabled off; interval 9.3; }
http_api { enabled off; listen 1985; crossdomain off; https { enabled on; listen 1990; }
  auth { enabled on; username "a b"; password 'p"w'; } }
http_server { enabled off; listen 8080; dir ./www; https { enabled on; listen 8088; } }
rtc_server { enabled on; listen 8000; candidate 192.0.2.1; black_hole { enabled off; } }
srt_server { enabled on; listen 10080; passphrase 0123456789; }
stream_caster { enabled on; caster mpegts_over_udp; output rtmp://127.0.0.1/live/x; listen 8935; }
exporter { enabled on; listen 9972; label box; }
vhost __defaultVhost__ {
  hls { enabled on; hls_path ./www; hls_fragment 4; hls_dispose 30; hls_keys on; hls_key_url https://a/; }
  http_static { enabled on; mount /vod; dir ./vod; } rtc { enabled on; } }
vhost media.example.com { gop_cache off;
  http_hooks { enabled on; on_dvr http://u; on_hls_notify http://u/[app]; }
  forward { enabled on; backend http://u; } }
`);

test('the config of child 17', () => {
  assert.equal(
    renderSrsConf(PLAN),
    `listen 127.0.0.1:20080;
pid /run/srs/pids/c017.pid;
daemon off;
srs_log_tank console;
max_connections 1256;
server_id c017;
asprocess on;
inotify_auto_reload off;
auto_reload_for_docker off;
force_grace_quit off;
http_api {
    enabled on;
    listen 127.0.0.1:20081;
    raw_api {
        enabled on;
        allow_reload on;
    }
}
http_server {
    enabled on;
    listen 127.0.0.1:20082;
    dir /run/srs/html;
}
exporter {
    enabled on;
    listen 127.0.0.1:20081;
}
rtc_server {
    enabled on;
    listen 20083;
    tcp {
        enabled on;
        listen 20083;
    }
    protocol all;
    candidate *;
    use_auto_detect_network_ip off;
    api_as_candidates off;
}
srt_server {
    enabled on;
    listen 20084;
}
vhost __defaultVhost__ {
    http_remux {
        enabled on;
        mount [vhost]/[app]/[stream].flv;
    }
    hls {
        enabled on;
        hls_fragment 10;
        hls_window 60;
        hls_path /run/srs/hls/c017-3/__defaultVhost__;
        hls_m3u8_file [app]/[stream].m3u8;
        hls_ts_file [app]/[stream]-c017-3-[seq]-[timestamp].ts;
        hls_ts_floor off;
        hls_dispose 0;
    }
    http_static {
        enabled on;
        mount [vhost]/;
        dir /run/srs/hls/c017-3/__defaultVhost__;
    }
    rtc {
        enabled on;
        rtmp_to_rtc on;
        rtc_to_rtmp on;
    }
    srt {
        enabled on;
        srt_to_rtmp on;
    }
}
`,
  );
});

test('media servers listen on loopback where the program can and the plan wants', () => {
  const listens = (onLoopback: ConfPlan['onLoopback']) => {
    const conf = parseConf(renderSrsConf({ ...PLAN, onLoopback }));
    const udp = find(conf, 'rtc_server', 'listen')?.args;
    const tcp = find(conf, 'rtc_server', 'tcp', 'listen')?.args;
    return [udp, tcp, find(conf, 'srt_server', 'listen')?.args].flat();
  };
  const [rtc, srt] = ['127.0.0.1:20083', '127.0.0.1:20084'];
  assert.deepEqual(listens({ rtc: true, srt: true }), [rtc, rtc, srt]);
  assert.deepEqual(listens({ rtc: false, srt: true }), ['20083', '20083', srt]);
  assert.deepEqual(listens({ rtc: false, srt: false }), ['20083', '20083', '20084']);
});

test('a template keeps what is its own and gives up what is ours', () => {
  const conf = parseConf(renderSrsConf({ ...PLAN, template: TEMPLATE }));
  const names = conf.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length - 1, 'nothing twice but vhost');
  for (const name of ['stream_caster', 'srs_log_file']) {
    assert.ok(!names.includes(name), name);
  }
  assert.deepEqual(find(conf, 'listen')?.args, ['127.0.0.1:20080']);
  assert.deepEqual(find(conf, 'daemon')?.args, ['off']);
  assert.deepEqual(find(conf, 'srs_log_level_v2')?.args, ['warn']);
  assert.deepEqual(find(conf, 'http_server', 'dir')?.args, ['/run/srs/html']);
  assert.deepEqual(find(conf, 'rtc_server', 'listen')?.args, ['20083']);
  assert.deepEqual(find(conf, 'rtc_server', 'candidate')?.args, ['*']);
  assert.deepEqual(find(conf, 'srt_server', 'passphrase')?.args, ['0123456789']);
  const hlsPath = '/run/srs/hls/c017-3/__defaultVhost__';
  assert.deepEqual(find(conf, 'vhost', 'hls', 'hls_path')?.args, [hlsPath]);
  assert.deepEqual(find(conf, 'vhost', 'http_static', 'dir')?.args, [hlsPath]);
  assert.deepEqual(find(conf, 'vhost', 'hls', 'hls_fragment')?.args, ['4']);
  const keyFile = '[app]/[stream]-c017-3-[seq]-0.key';
  assert.deepEqual(find(conf, 'vhost', 'hls', 'hls_key_file')?.args, [keyFile]);
  assert.deepEqual(find(conf, 'http_server', 'enabled')?.args, ['on']);
  assert.deepEqual(find(conf, 'http_api', 'listen')?.args, ['127.0.0.1:20081']);
  assert.deepEqual(find(conf, 'http_api', 'crossdomain')?.args, ['off']);
  assert.equal(find(conf, 'http_api', 'https'), undefined);
  assert.equal(find(conf, 'http_server', 'https'), undefined);
  assert.deepEqual(find(conf, 'vhost', 'hls', 'enabled')?.args, ['on']);
  assert.deepEqual(find(conf, 'exporter', 'listen')?.args, ['127.0.0.1:20081']);
  assert.deepEqual(find(conf, 'exporter', 'label')?.args, ['box']);
  const off = parseTemplate('exporter { enabled off; }');
  assert.equal(find(parseConf(renderSrsConf({ ...PLAN, template: off })), 'exporter'), undefined);
});

test('what a template asks of one server, one child does', () => {
  const ingest = 'ingest i { enabled on; input { type file; url ./x.flv; } }';
  const template = parseTemplate(`vhost __defaultVhost__ { ${ingest} }`);
  const conf = (duties: Duties) => parseConf(renderSrsConf({ ...PLAN, template, duties }));
  const has = (duties: Duties) => find(conf(duties), 'vhost', 'ingest') !== undefined;
  assert.deepEqual([has({ ingest: true }), has({ ingest: false })], [true, false]);
  const ingests = ({ vhosts }: Template) => vhosts.map(({ hasIngest }) => hasIngest);
  assert.deepEqual([ingests(template), ingests(TEMPLATE)], [[true], [false, false]]);
});

test('a child beats to us and to nobody else', () => {
  const theirs = 'heartbeat { enabled on; interval 9; url http://h/x; device_id d; ports on; }';
  const beats = { url: 'http://127.0.0.1:9999/beat/c017/3/secret', seconds: 3 };
  const plan = { ...PLAN, beats, template: parseTemplate(theirs) };
  const heartbeats = (of: ConfPlan) =>
    parseConf(renderSrsConf(of)).filter(({ name }) => name === 'heartbeat');
  const [own, ...others] = heartbeats(plan);
  assert.deepEqual(others, []);
  const values = own?.children?.map(({ name, args }) => [name, ...args].join(' '));
  assert.deepEqual(values, [
    'enabled on',
    'interval 3',
    'url http://127.0.0.1:9999/beat/c017/3/secret',
    'device_id c017',
    'summaries off',
    'ports off',
  ]);
  assert.deepEqual(heartbeats({ ...plan, beats: null }), []);
});

test('rules about addresses stay here: children see aliases', () => {
  const template = parseTemplate(
    'vhost a { security { enabled on; deny play all; } gop_cache off; }',
  );
  const vhost = find(parseConf(renderSrsConf({ ...PLAN, template })), 'vhost')?.children ?? [];
  assert.equal(find(vhost, 'security'), undefined);
  assert.notEqual(find(vhost, 'gop_cache'), undefined);
});

test('an ingest stays with its child while that lives, or nobody else serves', () => {
  const among = (c001: ChildState, c002: ChildState, current?: string) =>
    ingesterAmong(
      [
        { id: 'c001', state: c001 },
        { id: 'c002', state: c002 },
      ],
      current,
    );
  assert.equal(ingesterAmong([]), 'c001');
  assert.equal(among('starting', 'ready'), 'c001');
  assert.equal(among('failed', 'ready'), 'c002');
  assert.equal(among('failed', 'starting'), 'c001');
  assert.equal(among('draining', 'ready'), 'c001');
  assert.equal(among('failed', 'draining'), 'c001');
  assert.equal(among('ready', 'ready', 'c002'), 'c002');
  assert.equal(among('ready', 'broken', 'c002'), 'c001');
});

test('ffmpegs that a child starts log where there is a folder', () => {
  const folder = (text: string) => ffmpegLogFolder(parseTemplate(text), '/run/srs');
  assert.equal(folder(''), '/run/srs/logs');
  assert.equal(folder('ff_log_dir ./objs;'), '/run/srs/objs');
  assert.equal(folder('ff_log_dir /var/log/ffmpeg;'), '/var/log/ffmpeg');
  const conf = parseConf(renderSrsConf({ ...PLAN, template: parseTemplate('ff_log_dir x;') }));
  assert.deepEqual(find(conf, 'ff_log_dir')?.args, ['/run/srs/logs']);
});

for (const binary of NO_SRS ? [mini] : [mini, real]) {
  test(`${binary.kind} takes every form`, async (t) => {
    const dir = await tempDir(t);
    const odd = join(dir, `a b;{}#'`);
    await mkdir(odd);
    const forms: Partial<ConfPlan>[] = [
      {},
      { asprocess: false },
      { hooks: HOOKS },
      { hooks: HOOKS, template: TEMPLATE },
      { hls: null, rtc: false, srt: false },
      { vhosts: { 'ts.example.com': 'ts', 'radio.example.com': 'aac' } },
      { template: TEMPLATE },
      { template: parseTemplate('') },
      { pidFile: join(odd, 'c.pid'), html: odd, hlsDir: odd },
    ];
    for (const form of forms) {
      const path = join(odd, 'c017.conf');
      await writeFile(path, renderSrsConf({ ...PLAN, pidFile: join(dir, 'c.pid'), ...form }));
      await testConf(binary, path, { env: {} });
    }
  });
}

test('what SRS refuses is told in one line, by its own reason', { skip: NO_SRS }, async (t) => {
  const path = join(await tempDir(t), 'bad.conf');
  const cases: [string, RegExp][] = [
    ['listen 1;\nfoo on;', /bad\.conf: srs 7\S* refuses it: check normal : illegal directive foo$/],
    ['listen 1;\nfoo {;', /line 2: unexpected ';'$/],
    ['listen 1; max_connections 99999999;', /exceed max open files=\d+$/],
  ];
  for (const [text, message] of cases) {
    await writeFile(path, text);
    await assert.rejects(testConf(real, path, { env: {} }), { code: 'ERR_CHILD_CONFIG', message });
  }
});

test('a test that does not end is no refusal, and says so', async (t) => {
  const path = join(await tempDir(t), 'good.conf');
  const slow = { ...mini, command: [process.execPath, '-e', 'setInterval(() => {}, 1000)', '--'] };
  await assert.rejects(testConf(slow, path, { env: {}, limitMs: 300 }), {
    code: 'ERR_CHILD_CONFIG',
    message: /good\.conf: mini-srs \S+ could not test it: no end after 300 ms$/,
  });
});
