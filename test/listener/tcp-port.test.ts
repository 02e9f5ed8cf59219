import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { closePort, openPort } from '../../src/listener/tcp-port.js';
import { recordLog } from '../helpers/log-lines.js';

test('a client that the system does not give us costs one line, and the port stays open', async (t) => {
  const { logger, lines } = recordLog();
  const server = createServer();
  t.after(() => closePort(server));
  await openPort(server, 'listen.rtmp', { host: '127.0.0.1', port: 0 }, logger);
  server.emit('error', new Error('accept EMFILE'));
  const msg = 'listen.rtmp: a client was not let in: see ulimit -n';
  assert.deepEqual(lines, [{ reason: 'accept EMFILE', withheld: 0, msg }]);
  assert.ok(server.listening);
});
