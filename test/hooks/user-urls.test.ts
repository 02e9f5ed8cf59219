import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTemplate } from '../../src/child/template.js';
import { HOOK_ACTIONS } from '../../src/hooks/actions.js';
import { UserUrls } from '../../src/hooks/user-urls.js';

const OTHERS = { on_play: ['http://o/play'], on_close: ['http://o/close'] };

const TEMPLATE = parseTemplate(`
vhost __defaultVhost__ { gop_cache on; }
vhost on.example { http_hooks { enabled on; on_publish http://u/1 http://u/2; on_hls http://u/hls; } }
vhost off.example { http_hooks { enabled off; on_publish http://u/1; } }
vhost unset.example { http_hooks { on_publish http://u/1; } }
vhost forward.example { forward { enabled on; destination 10.0.0.1:19350; backend http://u/f http://u/g; } }
vhost stopped.example { forward { enabled off; backend http://u/f; } http_hooks { enabled on; } }
`);

function all(urls: UserUrls, vhost: string): Record<string, readonly string[]> {
  const named = HOOK_ACTIONS.map((action) => [action, urls.of(vhost, action)] as const);
  return Object.fromEntries(named.filter(([, list]) => list.length > 0));
}

test('each vhost of a template has its own URLs, or those of the configuration', () => {
  const urls = new UserUrls(TEMPLATE.vhosts, OTHERS);
  assert.deepEqual(all(urls, '__defaultVhost__'), OTHERS);
  assert.deepEqual(all(urls, 'nobody.example'), OTHERS);
  const own = { on_publish: ['http://u/1', 'http://u/2'], on_hls: ['http://u/hls'] };
  assert.deepEqual(all(urls, 'on.example'), own);
  assert.deepEqual(all(urls, 'off.example'), {});
  assert.deepEqual(all(urls, 'unset.example'), {});
  const forward = { on_forward: ['http://u/f'] };
  assert.deepEqual(all(urls, 'forward.example'), { ...OTHERS, ...forward });
  assert.deepEqual(all(urls, 'stopped.example'), {});
});

test('without a template every vhost has those of the configuration', () => {
  const urls = new UserUrls([], OTHERS);
  assert.deepEqual(all(urls, '__defaultVhost__'), OTHERS);
  assert.deepEqual(all(urls, 'any.example'), OTHERS);
});
