import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type ConnectionOptions, connect, createServer } from 'node:tls';
import { Certificate } from '../../src/listener/certificate.js';
import { createLogger } from '../../src/logging/logger.js';
import { makeCertificate } from '../helpers/certificate.js';
import { until } from '../helpers/until.js';

/** The name in the certificate that a port shows. */
async function nameAt(port: number, options: ConnectionOptions = {}): Promise<unknown> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

describe('a certificate', () => {
  let folder: string;
  let certificate: Certificate;
  const lines: string[] = [];
  const logger = createLogger('info', { people: false, write: (line) => lines.push(line) });
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-tls-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => certificate?.close());

  it('is read again when its files change, for servers and sockets alike', async () => {
    const files = await makeCertificate(folder, 'first');
    certificate = await Certificate.open(files, logger, 20);
    const server = createServer(certificate.options).listen(0);
    certificate.keep(server);
    const bare = createTcpServer((socket) => {
      certificate.secure(socket).on('error', () => {});
    }).listen(0);
    const ports = [server, bare].map((one) => (one.address() as AddressInfo).port);
    for (const port of ports) assert.equal(await nameAt(port), 'first');
    await assert.rejects(nameAt(ports[0] ?? 0, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1' }));

    await writeFile(files.key, 'no key');
    await until('it is refused', () => lines.some((line) => line.includes('old one kept')));
    for (const port of ports) assert.equal(await nameAt(port), 'first');

    await makeCertificate(folder, 'second');
    for (const port of ports) {
      await until('the new one', async () => (await nameAt(port)) === 'second');
    }
    assert.equal(lines.filter((line) => line.includes('read again')).length, 1);
    server.close();
    bare.close();
  });

  it('is replaced by that of other files, and goes by them from then on', async () => {
    certificate = await Certificate.open(await makeCertificate(folder, 'old'), logger, 20);
    const server = createServer(certificate.options).listen(0);
    certificate.keep(server);
    const { port } = server.address() as AddressInfo;
    const others = await mkdtemp(join(folder, 'others-'));
    await certificate.renew(await makeCertificate(others, 'other'));
    assert.equal(await nameAt(port), 'other');
    await makeCertificate(others, 'later');
    await until('the later one', async () => (await nameAt(port)) === 'later');
    server.close();
  });

  it('that does not fit its key is refused in words', async () => {
    const files = await makeCertificate(folder, 'third');
    await writeFile(files.key, 'no key');
    const says = /^tls\.cert, tls\.key: \S+cert\.pem, \S+key\.pem: .*/;
    await assert.rejects(Certificate.open(files, logger), { code: 'ERR_CONFIG', message: says });
    const missing = { ...files, cert: join(folder, 'nothing.pem') };
    await assert.rejects(Certificate.open(missing, logger), /nothing\.pem.*no such file/);
  });
});
