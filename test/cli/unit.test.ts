import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderUnit } from '../../src/cli/unit.js';

const EXAMPLE = new URL('../../../examples/srs-supervisor.service', import.meta.url);
const DEFAULT = {
  execPath: '/usr/bin/node',
  script: '/usr/lib/node_modules/srs-supervisor/bin/srs-supervisor.js',
  configPath: '/etc/srs-supervisor.yaml',
};
const NO_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status !== 0 && 'no systemd-analyze';

function execStart(unit: string): string | undefined {
  return /^ExecStart=(.*)$/m.exec(unit)?.[1];
}

test('the example is the unit of the default installation', async () => {
  assert.equal(await readFile(fileURLToPath(EXAMPLE), 'utf8'), renderUnit(DEFAULT));
});

test('starts this installation with its config', () => {
  assert.equal(
    execStart(renderUnit(DEFAULT)),
    '/usr/bin/node /usr/lib/node_modules/srs-supervisor/bin/srs-supervisor.js run -c /etc/srs-supervisor.yaml',
  );
  const bare = renderUnit({ execPath: '/n', script: '/s', user: 'srs' });
  assert.equal(execStart(bare), '/n /s run');
  assert.match(bare, /^User=srs$/m);
  assert.doesNotMatch(bare, /DynamicUser/);
});

test('escapes what systemd would expand or split', () => {
  const unit = renderUnit({ execPath: '/a b/50%/node', script: '/x"y/$HOME', configPath: '/c\\d' });
  assert.equal(execStart(unit), '"/a b/50%%/node" "/x\\"y/$$HOME" run -c "/c\\\\d"');
});

test('refuses relative paths and odd users', () => {
  assert.throws(() => renderUnit({ ...DEFAULT, configPath: 'srs.yaml' }), {
    code: 'ERR_USAGE',
    message: /^unit: -c: must be an absolute path, .*, got "srs\.yaml"; name \/.*\/srs\.yaml$/,
  });
  assert.throws(() => renderUnit({ ...DEFAULT, execPath: "/it's/node" }), { code: 'ERR_USAGE' });
  for (const user of ['', 'a b', 'x\nExecStart=/bin/sh']) {
    assert.throws(() => renderUnit({ ...DEFAULT, user }), { code: 'ERR_USAGE' });
  }
});

test('systemd accepts it, also with odd paths', { skip: NO_SYSTEMD }, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'unit-'));
  try {
    const node = join(dir, 'node 50% $A');
    await symlink(process.execPath, node);
    for (const execPath of [process.execPath, node]) {
      const unit = join(dir, 'srs-supervisor.service');
      const paths = { execPath, script: `${dir}/'a' "b"\\c`, configPath: '/50%/$HOME.yaml' };
      await writeFile(unit, renderUnit({ ...paths, user: 'root' }));
      const verdict = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
      assert.equal(verdict.status, 0, verdict.stderr);
      assert.doesNotMatch(verdict.stderr, /srs-supervisor\.service/);
    }
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('asks for what the configuration needs, and leaves little open', {
  skip: NO_SYSTEMD,
}, async () => {
  const needs = { capabilities: ['CAP_NET_BIND_SERVICE'], writes: ['/srv/a b'], groups: [42] };
  const text = renderUnit({ ...DEFAULT, needs });
  assert.match(text, /^AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_B/m);
  assert.match(text, /^SupplementaryGroups=42$/m);
  assert.match(text, /^ReadWritePaths="\/srv\/a b"$/m);
  const dir = await mkdtemp(join(tmpdir(), 'unit-'));
  try {
    const unit = join(dir, 'srs-supervisor.service');
    await writeFile(unit, renderUnit(DEFAULT));
    const args = ['security', '--offline=true', unit];
    const { stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    const [, level] = /exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    if (level !== undefined) assert.ok(Number(level) < 3, stdout);
  } finally {
    await rm(dir, { recursive: true });
  }
});
