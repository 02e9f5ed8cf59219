import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { notesOn, printNote, summaryOf } from '../../src/check/template-notes.js';
import { FATES, type RuleConfig } from '../../src/child/template-rule.js';
import { TEMPLATE_RULES } from '../../src/child/template-rules.js';
import { parseConf } from '../../src/srs-conf/parse.js';
import { ROOT } from '../helpers/paths.js';

const at = (port: number) => ({ host: '::', port });
const CONFIG = {
  listen: { rtmp: at(1935), http: at(8080), api: at(1985), rtc: at(8000), srt: at(10080) },
  children: { maxConnections: 1000 },
  http: { dir: null },
} as RuleConfig;

/** Returns the lines of `check` about a template. */
function said(text: string, config: Partial<RuleConfig> = {}): string[] {
  return notesOn(parseConf(text), { ...CONFIG, ...config }).map(printNote);
}

describe('what becomes of a template', () => {
  it('is said with line, value and reason', () => {
    assert.deepEqual(said('daemon off;\nlisten 1935 19350;'), [
      'listen 1935 19350 (line 2) is replaced: RTMP clients come to listen.rtmp, one port',
    ]);
    assert.deepEqual(said('ingest x; vhost v { ingest i { enabled on; } }'), [
      'vhost.ingest i {…} (line 1) is done by one child: the ffmpegs of others would publish the same names',
    ]);
    const https = 'http_api { enabled on; listen 1985;\n https { enabled on; listen 1990; } }';
    assert.match(said(https).join(), /^http_api\.https \{…\} \(line 2\) is ignored: TLS ends at /);
  });

  it('is said once for a reason, the gravest first', () => {
    const vhost = (name: string) =>
      `vhost ${name} { hls { enabled on; hls_path ./a; hls_ts_floor on; } }\n`;
    const notes = said(`${vhost('a')}${vhost('b')}work_dir /srs;`);
    assert.equal(notes.length, 2);
    assert.match(notes[0] ?? '', /^work_dir \/srs \(line 3\) is ignored: /);
    const both = 'vhost.hls.hls_path ./a (lines 1, 2), vhost.hls.hls_ts_floor on (lines 1, 2) are';
    assert.equal(notes[1]?.slice(0, both.length), both);
    const many = Array.from({ length: 20 }, (_, n) => `vhost v${n} { hls { hls_path /${n}; } }`);
    assert.match(said(many.join('\n')).join(), /hls_path \/7 \(line 8\), 12 more are replaced/);
  });

  it('is not said where nothing changes', () => {
    assert.deepEqual(
      said(`listen 1935; max_connections 1000; daemon off; srs_log_tank console; work_dir ./;
        asprocess on; server_id mine; ff_log_dir /var/log; chunk_size 60000;
        http_api { enabled on; listen 1985; auth { enabled on; username u; password p; }
          https { enabled off; listen 1990; } }
        http_server { enabled on; listen 8080; dir /srv/www; }
        rtc_server { enabled on; listen 8000; candidate *; }
        srt_server { enabled on; listen 10080; } heartbeat { enabled off; interval 9; }
        vhost __defaultVhost__ { security { enabled on; allow play all; }
          http_hooks { enabled on; on_play http://127.0.0.1/x; }
          http_static { enabled on; mount [vhost]/vod; dir /srv/vod; }
          dvr { enabled on; dvr_path /srv/dvr/[app]/[stream].flv; }
          ingest off { enabled off; ffmpeg ./ffmpeg; } hls { enabled on; hls_fragment 2; } }`),
      [],
    );
  });

  it('depends on the configuration', () => {
    const rtc = 'rtc_server { enabled on; listen 8000; candidate 1.2.3.4; }';
    const listen = { ...CONFIG.listen, rtc: null };
    assert.deepEqual(said(rtc, { listen }), [
      'rtc_server {…} (line 1) is ignored: listen.rtc is off',
    ]);
    const off = 'rtc_server { enabled off; listen 8001; }';
    assert.match(said(off).join(), /^rtc_server\.enabled off \(line 1\) is replaced: /);
    assert.deepEqual(said(off, { listen }), []);
    const web = 'http_server { enabled on; listen 8080; dir ./www; }';
    assert.match(said(web).join(), /^http_server\.dir \.\/www \(line 1\) is moved: /);
    assert.match(
      said(web, { http: { dir: '/srv' } as RuleConfig['http'] }).join(),
      / is ignored: /,
    );
  });

  it('names relative paths, which begin elsewhere', () => {
    const notes = said(`vhost a { dvr { enabled on; dvr_path ./d/[stream].flv; }
      dash { enabled on; dash_path dash; } transcode { enabled on; ffmpeg ./objs/ffmpeg; }
      ingest i { enabled on; input { type file; url ./x.flv; } ffmpeg /usr/bin/ffmpeg; } }`);
    const moved = notes.filter((note) => / are moved: .*workDir/.test(note)).join();
    for (const name of ['dvr.dvr_path', 'dash.dash_path', 'transcode.ffmpeg', 'ingest.input.url']) {
      assert.ok(moved.includes(`vhost.${name}`), name);
    }
    assert.ok(!moved.includes('/usr/bin/ffmpeg'));
    const stream = 'vhost a { ingest i { enabled on; input { type stream; url rtmp://a/b/c; } } }';
    assert.ok(!said(stream).join().includes('moved'));
  });

  it('is counted for a start', () => {
    const notes = notesOn(parseConf('listen 1; pid x; work_dir /a; rtmps { enabled on; }'), CONFIG);
    assert.match(summaryOf(notes) ?? '', /: of its directives 2 ignored, 2 replaced; 'srs-/);
    assert.equal(summaryOf([]), null);
  });
});

it('the document has the same table', () => {
  const text = readFileSync(join(ROOT, 'docs/template.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| `[\w.*]+` \|/.test(line));
  const own = TEMPLATE_RULES.map(({ path, fate, why }) => `| \`${path}\` | ${fate} | ${why} |`);
  assert.deepEqual(rows, own);
  for (const fate of FATES) assert.ok(text.includes(`**${fate}**`), fate);
});
