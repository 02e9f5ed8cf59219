import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areSame, changedFixedPart, changedStartPart } from '../../src/child/fixed-parts.js';
import { parseTemplate } from '../../src/child/template.js';

const BEFORE = `
  http_api { enabled on; auth { enabled on; username u; password p; } }
  vhost __defaultVhost__ { hls { enabled on; hls_window 30; } play { gop_cache on; } }
  vhost other { }
`;

const changed = (after: string) => changedFixedPart(parseTemplate(BEFORE), parseTemplate(after));
const started = (after: string) => changedStartPart(parseTemplate(BEFORE), parseTemplate(after));
const isSame = (after: string) => areSame(parseTemplate(BEFORE), parseTemplate(after));

test('what SRS can reload is no fixed part, nor is where a line stands', () => {
  for (const changedPart of [changed, started]) {
    assert.equal(changedPart(BEFORE), undefined);
    assert.equal(changedPart(`\n\n${BEFORE}`), undefined);
    assert.equal(changedPart(BEFORE.replace('gop_cache on', 'gop_cache off')), undefined);
  }
  assert.deepEqual(
    [BEFORE, `\n\n${BEFORE}`, BEFORE.replace('gop_cache on', 'gop_cache off')].map(isSame),
    [true, true, false],
  );
});

test('a part that takes a restart of the supervisor is named', () => {
  assert.equal(changed(BEFORE.replace('password p', 'password q')), 'http_api');
  assert.equal(changed(`${BEFORE} srt_server { enabled on; }`), 'srt_server');
  const hooks = 'vhost third { http_hooks { enabled on; } }';
  assert.equal(changed(`${BEFORE} ${hooks}`), 'http_hooks of vhost third');
});

test('a part that children take at their start is named', () => {
  const window = BEFORE.replace('hls_window 30', 'hls_window 60');
  assert.equal(started(window), 'hls of vhost __defaultVhost__');
  assert.equal(started(BEFORE.replace('vhost other { }', '')), 'vhost other');
  assert.equal(started(`${BEFORE} vhost third { }`), 'vhost third');
  const mount = BEFORE.replace('vhost other { }', 'vhost other { http_remux { enabled on; } }');
  assert.equal(started(mount), 'http_remux of vhost other');
  for (const after of [window, `${BEFORE} vhost third { }`, mount]) {
    assert.equal(changed(after), undefined);
  }
});
