import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveMounts } from '../../src/child/live-mounts.js';
import { NO_TEMPLATE, parseTemplate } from '../../src/child/template.js';

test('without a template each vhost is mounted in its own format', () => {
  assert.deepEqual(liveMounts(NO_TEMPLATE, { 'ts.example': 'ts' }), [
    { vhost: '__defaultVhost__', mount: '[vhost]/[app]/[stream].flv', isEdge: false },
    { vhost: 'ts.example', mount: '[vhost]/[app]/[stream].ts', isEdge: false },
  ]);
});

test('a template says what it mounts, and which vhosts fetch from elsewhere', () => {
  const template = parseTemplate(`
    vhost a { http_remux { enabled on; mount /x/[app]/[stream].mp3; } }
    vhost b { http_remux { enabled on; } cluster { mode remote; origin 10.0.0.1; } }
    vhost c { http_remux { enabled off; mount [vhost]/[app]/[stream].flv; } }
    vhost d { hls { enabled on; } }`);
  assert.deepEqual(liveMounts(template, { 'ts.example': 'ts' }), [
    { vhost: 'a', mount: '/x/[app]/[stream].mp3', isEdge: false },
    { vhost: 'b', mount: '[vhost]/[app]/[stream].flv', isEdge: true },
    { vhost: 'c', mount: null, isEdge: false },
    { vhost: 'd', mount: null, isEdge: false },
  ]);
});
