import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdableVhosts } from '../../src/child/holdable.js';
import { NO_TEMPLATE, parseTemplate } from '../../src/child/template.js';

test('players wait here in all vhosts of a config without a template', () => {
  const vhosts = ['__defaultVhost__', 'a.com'];
  assert.deepEqual(holdableVhosts(NO_TEMPLATE, vhosts), vhosts);
  assert.deepEqual(holdableVhosts(parseTemplate('listen 1935;'), vhosts), vhosts);
});

test('players are their child’s where that does more with them than let them wait', () => {
  const bodies = {
    'free.com': 'refer { enabled off; all x; } security { enabled off; } cluster { mode local; }',
    'edge.com': 'cluster { mode remote; origin 127.0.0.1:19350; }',
    'origins.com': 'cluster { mode local; origin_cluster on; coworkers 127.0.0.1:1; }',
    'refer.com': 'refer { enabled on; play github.com; }',
    'security.com': 'security { enabled on; allow play all; }',
    'off.com': 'enabled off;',
  };
  const text = Object.entries(bodies).map(([vhost, body]) => `vhost ${vhost} { ${body} }`);
  const vhosts = ['__defaultVhost__', ...Object.keys(bodies)];
  // Children without a default vhost refuse the player. `security` is judged before a wait.
  const holdable = holdableVhosts(parseTemplate(text.join('\n')), vhosts);
  assert.deepEqual(holdable, ['free.com', 'security.com']);
});
