import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createSecureContext, type SecureContext } from 'node:tls';
import { makeCertificate } from '../helpers/certificate.js';
import { closing } from '../helpers/sockets.js';
import { BOUNDED, until } from '../helpers/until.js';
import { FanoutBench, FLOOD, flood, heard, MIB, openDescriptors } from './fanout-bench.js';

const FIRST = { first: Buffer.from('!1\n') };

describe('TLS viewers of relay threads', BOUNDED, () => {
  let bench: FanoutBench;
  let folder: string;
  let secure: SecureContext;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-fanout-tls-'));
    const { cert, key } = await makeCertificate(folder, 'viewer');
    secure = createSecureContext({ cert: await readFile(cert), key: await readFile(key) });
    bench = await FanoutBench.open();
  });
  after(async () => {
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('get what others get, and end with their feed', async () => {
    const { feed, child } = await bench.feed(FIRST);
    const before = openDescriptors();
    const { viewer, client } = await bench.tlsViewer(feed, secure);
    const plain = await bench.viewer(feed);
    const [text, ofPlain] = [heard(client), heard(plain.client)];
    child.write('-2\n');
    await until('both play', () => text().endsWith('-2\n') && ofPlain().endsWith('-2\n'));
    assert.equal(text(), ofPlain());
    assert.equal(viewer.bytesOut, text().length);
    const code = closing(client);
    plain.client.destroy();
    child.end('-3\n');
    assert.equal(await viewer.ended, 'closed');
    await until('its last line came', () => text().endsWith('-3\n'));
    client.end();
    assert.equal(await code, '');
    await until('all is closed', () => openDescriptors() < before);
  });

  it('leave in every way, and leave no descriptor behind', async () => {
    const { feed, child } = await bench.feed(FIRST);
    const before = openDescriptors();
    const viewers = await Promise.all(
      Array.from({ length: 12 }, () => bench.tlsViewer(feed, secure)),
    );
    for (const { client } of viewers) client.resume();
    await until('all play', () => viewers.every(({ viewer }) => viewer.bytesOut > 0));
    for (const [at, { viewer, client }] of viewers.entries()) {
      if (at % 2 === 0) client.destroy();
      else viewer.destroy();
    }
    const beat = setInterval(() => child.write('-2\n'), 20);
    const ends = await Promise.all(viewers.map(({ viewer }) => viewer.ended));
    clearInterval(beat);
    assert.equal(ends.filter((end) => end === 'destroyed').length, 6);
    for (const { client } of viewers) client.destroy();
    await until('all is closed', () => openDescriptors() <= before);
    feed.destroy();
  });

  it('are skipped when they fall behind, and cost the others nothing', async () => {
    const { feed, child } = await bench.feed();
    const { viewer, client } = await bench.tlsViewer(feed, secure);
    const other = await bench.viewer(feed, '');
    other.client.resume();
    const last = await flood(child, 0, FLOOD, other.viewer);
    await until('the other one has it all', () => other.viewer.bytesOut > FLOOD * MIB);
    assert.ok(viewer.bytesOut < (FLOOD / 2) * MIB);
    const text = heard(client);
    await until('it has caught up', () => text().endsWith(`end ${last}\n`));
    assert.equal(viewer.skipped, 1);
    feed.destroy();
  });

  it('are handed back when they leave for another stream', async () => {
    const { feed } = await bench.feed(FIRST);
    const { viewer, client } = await bench.tlsViewer(feed, secure, 'a');
    const text = heard(client);
    await until('it plays', () => text().endsWith('!1\n'));
    client.write('leave\n');
    assert.equal(await viewer.ended, 'recalled');
    const { client: socket } = viewer.recalled ?? assert.fail();
    client.write('more\n');
    const said = heard(socket.resume());
    await until('it is heard elsewhere', () => said() === 'more\n');
    socket.end('bye\n');
    await until('it is answered elsewhere', () => text().endsWith('!1\na: leave\nbye\n'));
    feed.destroy();
  });
});
