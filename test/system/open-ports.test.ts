import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { describe, it } from 'node:test';
import {
  listenAt,
  openPorts,
  receivePorts,
  takePort,
  unusedSockets,
} from '../../src/system/open-ports.js';
import { loadPosix } from '../../src/system/posix.js';

const PLACE = { host: '127.0.0.1', port: 0 };

async function listening(key: string, place = PLACE): Promise<Server> {
  const server = createServer();
  listenAt(server, key, place);
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

describe('a port that outlives the server which opened it', () => {
  it('keeps its number and the clients that came meanwhile', async () => {
    const posix = await loadPosix();
    const first = await listening('test.kept');
    const port = portOf(first);
    const open = openPorts().find(({ key }) => key === 'test.kept');
    assert.ok(open && posix);
    const sockets = open.sockets().map((fd) => posix.duplicate(fd));
    await open.stop();
    assert.equal(
      openPorts().some(({ key }) => key === 'test.kept'),
      false,
    );
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    receivePorts([{ key: 'test.kept', address: open.address, sockets }]);
    const second = await listening('test.kept');
    assert.equal(portOf(second), port);
    const [accepted] = await once(second, 'connection');
    accepted.destroy();
    client.destroy();
    second.close();
    assert.deepEqual(unusedSockets(), []);
  });

  it('is opened anew where its address has changed, and the old socket is left over', () => {
    receivePorts([{ key: 'test.moved', address: '127.0.0.1:1', sockets: [99] }]);
    assert.deepEqual(takePort('test.moved', { host: '127.0.0.1', port: 2 }), []);
    assert.deepEqual(takePort('test.other', { host: '127.0.0.1', port: 1 }), []);
    assert.deepEqual(unusedSockets(), [99]);
    assert.deepEqual(takePort('test.moved', { host: '127.0.0.1', port: 1 }), []);
  });
});
