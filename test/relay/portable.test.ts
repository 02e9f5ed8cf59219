import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { PortableEngine } from '../../src/relay/portable/tcp.js';
import { PortableUdpRelay } from '../../src/relay/portable/udp.js';
import { makeCertificate } from '../helpers/certificate.js';
import { Acceptor, closing, dialPort, RelayBench } from '../helpers/sockets.js';
import { relayContract } from './contract.js';
import { recallContract } from './recall-contract.js';
import { TestWatch } from './test-handler.js';
import { udpContract } from './udp-contract.js';

relayContract('portable', () => new PortableEngine());

describe('clients that the portable engine may recall', () => {
  let bench: RelayBench;
  before(async () => {
    bench = await RelayBench.open(new PortableEngine());
  });
  after(() => bench.close());

  recallContract(() => bench.pair({ watch: new TestWatch() }));
});

udpContract('portable', (options) => PortableUdpRelay.open(options));

it('closes a TLS client whose child breaks off', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'srs-relay-'));
  const files = await makeCertificate(folder, 'relay');
  const server = createServer({
    cert: await readFile(files.cert),
    key: await readFile(files.key),
    allowHalfOpen: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const [accepted] = (await once(server, 'secureConnection')) as [TLSSocket];
  const children = await Acceptor.open();
  const child = await dialPort(children.port);
  const far = await children.next();
  const engine = new PortableEngine();
  const relayed = engine.join({ client: accepted, child, idleMs: 0 });
  const closed = closing(client);
  far.resetAndDestroy();
  assert.equal(await relayed.ended, 'child-reset');
  await closed;
  await engine.close();
  server.close();
  await children.close();
  await rm(folder, { recursive: true });
});
