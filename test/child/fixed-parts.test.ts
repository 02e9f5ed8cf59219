import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedFixedPart } from '../../src/child/fixed-parts.js';
import { parseTemplate } from '../../src/child/template.js';

const BEFORE = `
  http_api { enabled on; auth { enabled on; username u; password p; } }
  vhost __defaultVhost__ { hls { enabled on; hls_window 30; } play { gop_cache on; } }
  vhost other { }
`;

const changed = (after: string) => changedFixedPart(parseTemplate(BEFORE), parseTemplate(after));

test('what SRS can reload is no fixed part, nor is where a line stands', () => {
  assert.equal(changed(BEFORE), undefined);
  assert.equal(changed(`\n\n${BEFORE}`), undefined);
  assert.equal(changed(BEFORE.replace('gop_cache on', 'gop_cache off')), undefined);
});

test('a part that takes a restart is named', () => {
  assert.equal(changed(BEFORE.replace('password p', 'password q')), 'http_api');
  assert.equal(
    changed(BEFORE.replace('hls_window 30', 'hls_window 60')),
    'hls of vhost __defaultVhost__',
  );
  assert.equal(changed(BEFORE.replace('vhost other { }', '')), 'vhost other');
  assert.equal(changed(`${BEFORE} vhost third { }`), 'vhost third');
  assert.equal(changed(`${BEFORE} srt_server { enabled on; }`), 'srt_server');
});
