import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAtLeast, resolveBinary } from '../../src/child/binary.js';
import { fixturePath, mini, NO_SRS, REAL_SRS, tempDir } from './helpers.js';

const PATH = process.env.PATH;

test('a named binary is asked for its version', { skip: NO_SRS }, async () => {
  const { path, kind, version, command } = await resolveBinary(REAL_SRS, { PATH }, '/');
  assert.deepEqual({ path, kind, command }, { path: REAL_SRS, kind: 'srs', command: [REAL_SRS] });
  assert.match(version, /^\d+\.\d+\.\d+$/);
});

test('what is no SRS is refused, with how to mend it', async (t) => {
  const dir = await tempDir(t);
  const file = join(dir, 'file');
  await writeFile(file, '#!/bin/sh\nexit 3\n');
  const refused = (path: string, message: RegExp) =>
    assert.rejects(resolveBinary(path, { PATH }, dir), { code: 'ERR_CHILD_BINARY', message });
  await refused(join(dir, 'none'), /none: no executable file: set srs\.binary to/);
  await refused(dir, /no executable file/);
  await refused(file, /no executable file/);
  await chmod(file, 0o755);
  await refused(file, /'-v' gave no version \(exit code 3\)/);
});

test('auto looks in the package, then in $SRS_BIN', async (t) => {
  const root = await tempDir(t);
  const ready = fixturePath('ready');
  const named = await resolveBinary('auto', { PATH, SRS_BIN: ready }, root);
  assert.deepEqual([named.path, named.version, named.kind], [ready, '7.0.99', 'srs']);
  await mkdir(join(root, 'srs-bin'));
  await symlink(ready, join(root, 'srs-bin/srs'));
  const own = await resolveBinary('auto', { PATH, SRS_BIN: ready }, root);
  assert.equal(own.path, join(root, 'srs-bin/srs'));
});

test('mini-srs runs under the node that runs us', async (t) => {
  const dir = await tempDir(t);
  await copyFile(fixturePath('fake-srs'), join(dir, 'fake-srs.mjs'));
  const path = join(dir, 'mini-srs.mjs');
  await copyFile(fixturePath('ready'), path);
  const binary = await resolveBinary(path, {}, dir);
  assert.deepEqual(binary.command, [process.execPath, path]);
  assert.equal(binary.kind, 'mini-srs');
});

test('an SRS binds its media ports where it is told from 7.0.67 on, mini-srs always', async (t) => {
  const binds = (version: string) => isAtLeast(version, '7.0.67');
  for (const version of ['7.0.67', '7.0.143', '7.1.0', '8.0.9', '10.0.0']) {
    assert.ok(binds(version), version);
  }
  for (const version of ['7.0.18', '7.0.66', '6.0.184', '5.0.216']) {
    assert.ok(!binds(version), version);
  }
  const dir = await tempDir(t);
  const { bindsMedia, version } = await resolveBinary(mini.path, { PATH }, dir);
  assert.equal(version, '7.0.18');
  assert.equal(bindsMedia, true);
});
