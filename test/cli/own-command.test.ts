import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearPath, ownCommand } from '../../src/cli/own-command.js';

const ROOT = '/opt/srs-supervisor';
const SCRIPT = `${ROOT}/bin/srs-supervisor.js`;

/** The command for a user in `cwd`, where these links lead to our script. */
function commandIn(cwd: string, path: string, ...links: readonly string[]): string {
  const follow = (link: string) => (links.includes(link) ? SCRIPT : null);
  return ownCommand({ env: { PATH: path }, cwd, packageRoot: ROOT }, follow);
}

test('the command is one that works where the user is', () => {
  assert.equal(commandIn(ROOT, '/usr/bin'), 'node bin/srs-supervisor.js');
  assert.equal(commandIn(`${ROOT}/docs`, '/usr/bin'), `node ${SCRIPT}`);
  assert.equal(commandIn('/home/user', '/usr/bin'), `node ${SCRIPT}`);
  const global = '/usr/local/bin/srs-supervisor';
  assert.equal(commandIn('/', '/usr/bin:/usr/local/bin', global), 'srs-supervisor');
  assert.equal(commandIn('/', '/usr/bin', global), `node ${SCRIPT.slice(1)}`);
});

test('what npm puts into the PATH of what it starts is no way for the user', () => {
  const folder = '/home/user/node_modules/.bin';
  const link = `${folder}/srs-supervisor`;
  assert.equal(commandIn('/home/user', `${folder}:/usr/bin`, link), 'npx srs-supervisor');
  assert.equal(commandIn('/home', `${folder}:/usr/bin`, link), `node ${SCRIPT}`);
});

test('a path is as short as it can be', () => {
  assert.equal(nearPath(ROOT, `${ROOT}/examples/demo.flv`), 'examples/demo.flv');
  assert.equal(nearPath('/home', `${ROOT}/examples/demo.flv`), `${ROOT}/examples/demo.flv`);
});
