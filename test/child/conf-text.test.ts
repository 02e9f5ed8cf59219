import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confText } from '../../src/child/conf-text.js';
import { parseTemplate } from '../../src/child/template.js';

const MEDIA = { rtc: true, srt: true };
const hooked = (url: string, more = '') =>
  parseTemplate(`vhost a.example.com { http_hooks { enabled on; on_play ${url}; } ${more} }`);

test('two options of children are told apart by the configs that they make', () => {
  const options = (template = hooked('http://127.0.0.1/a')) => {
    const plain = { maxConnections: 1000, vhosts: {}, hls: null };
    return { ...plain, ...MEDIA, template, onLoopback: MEDIA };
  };
  const text = confText(options(), []);
  // Children call us, whichever URL the hook has.
  assert.equal(confText(options(hooked('http://127.0.0.1/b')), []), text);
  const other = hooked('http://127.0.0.1/a', 'gop_cache off;');
  for (const changed of [options(other), { ...options(), rtc: false }]) {
    assert.notEqual(confText(changed, []), text);
  }
  const plain = options(parseTemplate('vhost a.example.com { }'));
  assert.notEqual(confText(plain, ['on_play']), confText(plain, []));
});
