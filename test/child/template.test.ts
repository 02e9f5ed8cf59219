import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_TEMPLATE, parseTemplate } from '../../src/child/template.js';

test('a template is read into what the supervisor goes by', () => {
  const template = parseTemplate(`
    server_id vid-mine; chunk_size 4096; ff_log_dir ./objs; stream_caster { enabled on; } rtmps { enabled on; }
    http_api { auth { enabled on; username "a b"; password 'p"w'; }
      raw_api { enabled on; allow_reload on; } }
    http_server { crossdomain off; } exporter { enabled off; } srt_server { default_app show; }`);
  const { directives, ...facts } = template;
  assert.equal(directives.length, 9);
  assert.deepEqual(facts, {
    isGiven: true,
    vhosts: [],
    chunkSize: 4096,
    serverId: 'vid-mine',
    authorization: `Basic ${Buffer.from('a b:p"w').toString('base64')}`,
    passwords: ['p"w'],
    crossdomain: false,
    rawApi: { enabled: true, allowReload: true },
    hasMetrics: false,
    srtDefaultApp: 'show',
    ffmpegLogDir: './objs',
    webDir: null,
  });
});

test('a template that says nothing is SRS as it comes', () => {
  assert.deepEqual({ ...parseTemplate(''), isGiven: false }, NO_TEMPLATE);
  const { authorization, crossdomain, rawApi, hasMetrics } = NO_TEMPLATE;
  assert.deepEqual([authorization, crossdomain, hasMetrics], [null, true, true]);
  assert.deepEqual(rawApi, { enabled: false, allowReload: false });
  const off = parseTemplate('http_api { auth { enabled off; username u; password p; } }');
  assert.deepEqual([off.authorization, off.passwords], [null, ['p']]);
});

test('each vhost has its own', () => {
  const { vhosts } = parseTemplate(`
    vhost plain { }
    vhost full {
      http_remux { enabled on; mount /x/[stream].ts; }
      hls { hls_window 90; } ingest i { enabled on; }
      forward { enabled on; backend http://u/1 http://u/2; }
      http_hooks { enabled on; on_play http://u/a http://u/b; on_close http://u/c; } }
    vhost off { enabled off; http_hooks { on_play http://u/a; } forward { backend http://u/1; } }`);
  const plain = {
    name: 'plain',
    mount: null,
    isEdge: false,
    isHoldable: true,
    security: null,
    outAckSize: 2_500_000,
    chunkSize: null,
    hasIngest: false,
    hasHls: false,
    hlsWindowSeconds: null,
    hooks: null,
    forwardBackend: null,
    fitsFanout: true,
    files: null,
  };
  assert.deepEqual(vhosts[0], plain);
  const hooks = {
    on_play: ['http://u/a', 'http://u/b'],
    on_close: ['http://u/c'],
  };
  assert.deepEqual(vhosts[1], {
    ...plain,
    name: 'full',
    mount: '/x/[stream].ts',
    hasIngest: true,
    hlsWindowSeconds: 90,
    hooks,
    forwardBackend: 'http://u/1',
  });
  assert.deepEqual(vhosts[2], { ...plain, name: 'off', isHoldable: false, hooks: {} });
});

test('fan-out serves vhosts whose players begin at a keyframe in this box', () => {
  const bodies = [
    'play { gop_cache off; }',
    'play { gop_cache on; atc on; }',
    'cluster { mode remote; origin 1.2.3.4; }',
    'cluster { mode local; origin_cluster on; }',
    'min_latency on; refer { enabled on; }',
    'min_latency on; refer { enabled off; }',
  ];
  const text = bodies.map((body, at) => `vhost v${at} { ${body} }`).join('\n');
  const fits = parseTemplate(text).vhosts.map(({ fitsFanout }) => fitsFanout);
  assert.deepEqual(fits, [false, true, false, false, false, true]);
});

test('a template that includes files is refused, however deep', () => {
  const message = "line 2: 'include a.conf' cannot be used: put that text in its place";
  assert.throws(() => parseTemplate('vhost a {\ninclude a.conf;\n}'), {
    code: 'ERR_CONFIG',
    message,
  });
});

test('a template with a bearer token asks for that, and no text shows it', () => {
  const auth = 'auth { enabled on; type bearer; token abc.def; }';
  const template = parseTemplate(`http_api { ${auth} } heartbeat { auth { token of-beats; } }`);
  assert.equal(template.authorization, 'Bearer abc.def');
  assert.deepEqual(template.passwords, ['abc.def', 'of-beats']);
});
