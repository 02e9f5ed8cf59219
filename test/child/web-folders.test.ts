import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTemplate } from '../../src/child/template.js';
import { showsPrivate, webFolders } from '../../src/child/web-folders.js';

const WORK = '/run/srs';

test('the folders that SRS would show', () => {
  const folders = (text: string) => webFolders(parseTemplate(text), WORK);
  assert.deepEqual(folders('http_server { enabled on; dir /srv/www; }'), [
    { host: null, path: '/', root: '/srv/www' },
  ]);
  assert.deepEqual(folders('http_server { enabled on; }')[0]?.root, '/run/srs/objs/nginx/html');
  assert.deepEqual(folders('http_server { enabled off; dir /srv/www; }'), []);
  assert.deepEqual(
    folders(`vhost __defaultVhost__ { http_static { enabled on; mount [vhost]/vod; dir ./vod; } }
      vhost a.example.com { http_static { enabled on; dir /srv/[vhost]; } }
      vhost b.example.com { http_static { enabled on; mount /all/; dir /srv/all; } }
      vhost c.example.com { http_static { enabled off; dir /srv/c; } }
      vhost d.example.com { enabled off; http_static { enabled on; dir /srv/d; } }`),
    [
      { host: null, path: '/vod/', root: '/run/srs/vod' },
      { host: 'a.example.com', path: '/', root: '/srv/a.example.com' },
      { host: null, path: '/all/', root: '/srv/all' },
    ],
  );
});

test('folders with configs and logs of children', () => {
  const isPrivate = (root: string) => showsPrivate({ host: null, path: '/', root }, WORK);
  for (const root of ['/', '/run', '/run/srs', '/run/srs/conf', '/run/srs/logs/x']) {
    assert.ok(isPrivate(root), root);
  }
  for (const root of ['/srv', '/run/srs/objs/nginx/html', '/run/srs2', '/run/srs/..conf']) {
    assert.ok(!isPrivate(root), root);
  }
});
