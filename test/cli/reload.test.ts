import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { reload } from '../../src/cli/reload.js';

test('a reload that moves the admin port says so, and waits for nothing there', async (t) => {
  const plan = { from: '1', to: '1', kept: 1, cut: {} };
  const report = { dryRun: false, restartsChildren: true, refused: [], error: null, job: null };
  const answers = [{ upgrades: 0 }, { ...report, applied: ['listen.admin'], upgrade: plan }];
  const server = createServer((_request, response) => {
    response.end(JSON.stringify(answers.shift()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const texts: string[] = [];
  await reload(
    { dryRun: false, yes: false },
    {
      port: { address: { host: '127.0.0.1', port }, token: null },
      stdout: { isTTY: false, write: (text: string) => void texts.push(text) },
      json: false,
      width: null,
      interrupted: new AbortController().signal,
    },
  );
  assert.deepEqual(answers, []);
  assert.match(texts.join(''), /applied by an upgrade in place: listen\.admin\n.*\nthe admin port/);
});
