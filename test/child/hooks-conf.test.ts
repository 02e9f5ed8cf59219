import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withHooks } from '../../src/child/hooks-conf.js';
import { parseConf } from '../../src/srs-conf/parse.js';
import { printConf } from '../../src/srs-conf/print.js';

const URL = 'http://127.0.0.1:9/hooks/secret/c001';

function render(vhost: string, actions: readonly string[] = []): string {
  const plan = { url: URL, actions, serverId: 'vid-box' };
  return printConf(withHooks(parseConf(vhost), plan)).replaceAll(URL, 'OURS');
}

function block(...lines: string[]): string {
  return `http_hooks {\n${['enabled on', ...lines].map((line) => `    ${line};\n`).join('')}}\n`;
}

test('a vhost without hooks tells what is published, and what the configuration asks for', () => {
  const always = ['on_publish OURS', 'on_unpublish OURS'];
  assert.equal(render(''), block(...always));
  const wanted = render('gop_cache off;', ['on_play', 'on_publish']);
  assert.equal(wanted, `gop_cache off;\n${block(...always, 'on_play OURS')}`);
});

test("a vhost's own URLs give way to ours", () => {
  const own =
    'http_hooks { enabled on; on_publish http://u/1 http://u/2; on_play http://u; on_dvr; }';
  const expected = block('on_publish OURS', 'on_unpublish OURS', 'on_play OURS');
  assert.equal(render(own, ['on_close']), expected);
  const off = own.replace(' on;', ' off;');
  assert.equal(render(off, ['on_close']), block('on_publish OURS', 'on_unpublish OURS'));
});

test('the template of on_hls_notify stays whole behind our URL', () => {
  const own = `http_hooks { enabled on;
    on_hls_notify http://u:8085/hls/[server_id]/[app]/[stream]/[ts_url][param] http://v?a=[app]; }`;
  const [u, v] = ['http://u:8085', 'http://v'].map((at) => Buffer.from(at).toString('base64url'));
  const ours = [`OURS/notify/${u}/hls/vid-box/[app]/[stream]/[ts_url][param]`];
  ours.push(`OURS/notify/${v}/?a=[app]`);
  const notify = `on_hls_notify ${ours.join(' ')}`;
  assert.equal(render(own), block('on_publish OURS', 'on_unpublish OURS', notify));
});

test('a forward backend comes to us, a destination stays', () => {
  const own = 'forward { enabled on; destination 10.0.0.1:1935; backend http://u/f; }';
  const expected =
    'forward {\n    enabled on;\n    destination 10.0.0.1:1935;\n    backend OURS;\n}\n';
  assert.ok(render(own).startsWith(expected), render(own));
});
