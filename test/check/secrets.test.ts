import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findOpenSecrets, secretsInTemplate, secretsOf } from '../../src/check/secrets.js';
import { parseTemplate } from '../../src/child/template.js';
import { loadConfig } from '../../src/config/load.js';

let dir = '';
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'secrets-'));
});
after(() => rm(dir, { recursive: true, force: true }));

const YAML = `
registry: redis://:redis-password@127.0.0.1
cluster: { secret: secret-of-the-cluster }
admin: { token: token-of-the-admin }
api: { token: token-of-the-api-port, username: u, password: password-of-the-api }
hooks: { on_play: ['http://u:hook-password@127.0.0.1/?token=hook-token'] }
`;

test('every secret of the configuration and of a template is known', async () => {
  const file = join(dir, 'all.yaml');
  await writeFile(file, YAML);
  const secrets = secretsOf(await loadConfig({ env: {}, file }));
  for (const secret of [
    ...['redis-password', 'secret-of-the-cluster', 'token-of-the-admin'],
    ...['token-of-the-api-port', 'password-of-the-api', 'hook-password', 'hook-token'],
  ]) {
    assert.ok(secrets.includes(secret), secret);
  }
  const template = parseTemplate(`
    http_api { auth { enabled on; username u; password api-password; } }
    vhost a { http_hooks { enabled on; on_play http://u:pw-of-a@h/; } }`);
  const inTemplate = secretsInTemplate(template);
  assert.ok(inTemplate.includes('api-password') && inTemplate.includes('pw-of-a'));
});

test('a file that everybody can read is named with its keys, and how to mend it', async () => {
  const file = join(dir, 'open.yaml');
  await writeFile(file, YAML);
  await chmod(file, 0o644);
  const { warnings = [] } = await findOpenSecrets([], file);
  assert.equal(warnings.length, 5);
  const ofApi = warnings.find((warning) => warning.includes('api.token')) ?? '';
  assert.match(ofApi, /or set api\.tokenFile$/);
  assert.match(
    warnings[0] ?? '',
    /open\.yaml:2: every user of this machine can read registry: chmod o-r .*, or set registryFile$/,
  );
  await chmod(file, 0o640);
  assert.deepEqual((await findOpenSecrets([], file)).warnings, []);
  await writeFile(file, 'registry: redis://127.0.0.1\n');
  await chmod(file, 0o644);
  assert.deepEqual((await findOpenSecrets([], file)).warnings, []);
});

test('a secret on the command line is said without showing it', async () => {
  const argv = ['node', 'x', 'run', '--registry', 'redis://:redis-password@127.0.0.1'];
  const { warnings = [] } = await findOpenSecrets(argv, undefined);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /\(redis:\/\/\*\*\*@127\.0\.0\.1\).*registryFile/);
  assert.deepEqual((await findOpenSecrets(['node', 'x', 'run'], undefined)).warnings, []);
});
