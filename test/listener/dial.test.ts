import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Connections } from '../../src/listener/connections.js';
import { dial } from '../../src/listener/dial.js';
import { dialAsClient } from '../../src/listener/dial-as-client.js';
import { silentLogger } from '../../src/logging/logger.js';
import { CountedAliases } from '../helpers/counted.js';
import { freePort } from '../helpers/ports.js';
import { Acceptor } from '../helpers/sockets.js';

const host = '127.0.0.1';
const never = new AbortController().signal;
const NO_ALIASES = process.platform !== 'linux' && 'only Linux lends all of 127.0.0.0/8';

let acceptor: Acceptor;
before(async () => {
  acceptor = await Acceptor.open();
});
after(() => acceptor.close());

test('connects, half-open sockets allowed', async () => {
  const socket = await dial({ host, port: acceptor.port, localAddress: null }, never);
  const accepted = await acceptor.next();
  assert.ok(socket.allowHalfOpen);
  assert.equal(socket.listenerCount('connect') + socket.listenerCount('error'), 0);
  socket.destroy();
  accepted.destroy();
});

test('connects from the address it is told', { skip: NO_ALIASES }, async () => {
  const from = { localAddress: '127.9.8.7' };
  const socket = await dial({ host, port: acceptor.port, ...from }, never);
  const accepted = await acceptor.next();
  assert.equal(accepted.remoteAddress, '127.9.8.7');
  socket.destroy();
  accepted.destroy();
});

test('dials plainly what is not at a loopback address of IPv4', async () => {
  const other = await Acceptor.open('::1').catch(() => null);
  if (other === null) return;
  const aliases = new CountedAliases();
  const connection = new Connections({ connections: 1, connectionsPerIp: 0 }).open(
    '192.0.2.7',
    5,
    0,
  );
  assert.ok(typeof connection !== 'string');
  const target = { host: '::1', port: other.port };
  const socket = await dialAsClient(connection, target, { aliases, logger: silentLogger });
  assert.equal((await other.next()).remoteAddress, '::1');
  assert.deepEqual([connection.alias, aliases.taken.size], [null, 0]);
  socket.destroy();
  await other.close();
});

test('rejects where nobody listens, and from an address that is not ours', async () => {
  const target = { host, port: await freePort(), localAddress: null };
  await assert.rejects(dial(target, never), { code: 'ECONNREFUSED' });
  const foreign = { host, port: acceptor.port, localAddress: '192.0.2.1' };
  await assert.rejects(dial(foreign, never), { code: 'EADDRNOTAVAIL' });
});

test('is called off before and while it dials', async () => {
  const target = { host, port: acceptor.port, localAddress: null };
  const calling = new AbortController();
  const dialling = dial(target, calling.signal);
  const reason = new Error('enough');
  calling.abort(reason);
  await assert.rejects(dialling, reason);
  await assert.rejects(dial(target, calling.signal), reason);
});
