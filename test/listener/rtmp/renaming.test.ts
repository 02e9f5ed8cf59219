import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { OwnerRef } from '../../../src/owner.js';
import { Acceptor, readAll } from '../../helpers/sockets.js';
import { until } from '../../helpers/until.js';
import { RtmpClient } from '../../origin/rtmp-client.js';
import { C001, CHILD_HANDSHAKE, encoded, Rig, result, type Server, status, video } from './rig.js';

const C002: OwnerRef = { id: 'c002', generation: 1 };
const START = status('NetStream.Play.Start');

for (const server of ['node', 'threads'] as const) {
  describe(`a relayed client that names another stream (${server})`, { timeout: 120_000 }, () =>
    renaming(server),
  );
}

function renaming(server: Server): void {
  let first: Acceptor;
  let second: Acceptor;
  let rig: Rig;
  let client: RtmpClient;
  /** Number of times that there was no child. */
  let unrouted = 0;
  const sockets: Socket[] = [];
  before(async () => {
    first = await Acceptor.open();
    second = await Acceptor.open();
  });
  beforeEach(async () => {
    unrouted = 0;
    rig = new Rig(server);
    await rig.listener.start();
  });
  afterEach(async () => {
    client.close();
    for (const socket of sockets.splice(0)) socket.destroy();
    await rig.empties();
    assert.equal(rig.released, rig.asked.length - unrouted);
    await rig.close();
  });
  after(() => Promise.all([first.close(), second.close()]));

  const firstWay = () => ({ owner: C001, port: first.port });
  const secondWay = () => ({ owner: C002, port: second.port });

  /** Takes the connection of a child, which answers so many calls and sends media. */
  async function serves(child: Acceptor, calls: readonly number[]): Promise<Socket> {
    const socket = (await child.next()).resume();
    sockets.push(socket);
    const answers = encoded(...calls.map((id) => result(id, 1)), START, video(0));
    socket.write(Buffer.concat([CHILD_HANDSHAKE, answers]));
    return socket;
  }

  async function plays(): Promise<Socket> {
    client = await RtmpClient.open(rig.port);
    client.play('rtmp://127.0.0.1/live', 'one');
    const child = await serves(first, [1, 2]);
    await until('media', () => client.media().length === 1);
    return child;
  }

  function renames(name: string): void {
    client.command('closeStream');
    client.command('play', null, name);
  }

  it('is brought to the child that has it', async () => {
    rig.ways = [firstWay(), secondWay()];
    const child = await plays();
    const { remoteAddress: alias } = child;
    const heard = readAll(child);
    renames('two');
    await heard;
    child.end(encoded(video(40)));
    const next = await serves(second, [1, 2]);
    await until('media of both', () => client.media().length === 3);
    const starts = client.codes().filter((code) => code === 'NetStream.Play.Start');
    assert.equal(starts.length, 2);
    assert.deepEqual(rig.asked, [
      'play __defaultVhost__/live/one',
      'play __defaultVhost__/live/two',
    ]);
    const [row, ...others] = await rig.listener.rows();
    assert.deepEqual(others, []);
    assert.deepEqual([row?.child, row?.stream], ['c002', '__defaultVhost__/live/two']);
    assert.equal(next.remoteAddress, alias);
  });

  it('is brought there from its own stream, of which its child hears the end', async () => {
    rig.ways = [firstWay(), secondWay()];
    client = await RtmpClient.open(rig.port);
    client.publish('rtmp://127.0.0.1/live', 'mine', false);
    const child = await first.next();
    sockets.push(child);
    const started = encoded(result(1, 1), result(2, 1), status('NetStream.Publish.Start'));
    child.write(Buffer.concat([CHILD_HANDSHAKE, started]));
    await client.hears('NetStream.Publish.Start');
    const heard = readAll(child);
    client.socket.cork();
    for (let time = 0; time < 400; time += 40) client.video(time, [0x27, 1, 0, 0, 0]);
    renames('two');
    client.socket.uncork();
    assert.ok((await heard).toString('latin1').includes('closeStream'));
    child.end();
    await serves(second, [1, 2]);
    await until('media of the other', () => client.media().length === 1);
    assert.deepEqual(rig.asked, [
      'publish __defaultVhost__/live/mine',
      'play __defaultVhost__/live/two',
    ]);
    const [row] = await rig.listener.rows();
    assert.deepEqual([row?.role, row?.stream], ['play', '__defaultVhost__/live/two']);
  });

  it('stays where its child has that one, too', async () => {
    rig.ways = [firstWay(), firstWay(), secondWay()];
    const child = await plays();
    renames('two');
    await until('it stays', () => rig.released === 1);
    child.write(encoded(START, video(40)));
    await until('media', () => client.media().length === 2);
    const [row] = await rig.listener.rows();
    assert.deepEqual([row?.child, row?.stream], ['c001', '__defaultVhost__/live/two']);
    const heard = readAll(child);
    renames('three');
    await heard;
    child.end();
    await serves(second, [1, 2]);
    await until('media of the third', () => client.media().length === 3);
  });

  it('stays with its child where it has said too much before that answered', async () => {
    rig.ways = [firstWay(), secondWay()];
    client = await RtmpClient.open(rig.port);
    client.play('rtmp://127.0.0.1/live', 'one');
    const child = (await first.next()).resume();
    sockets.push(child);
    child.write(Buffer.concat([CHILD_HANDSHAKE, encoded(result(1, 1), START)]));
    await until('the child has heard all of it', () => {
      client.command('note', null, 'x'.repeat(4000));
      return child.bytesRead > 100_000;
    });
    child.write(encoded(result(2, 1), video(0)));
    await until('media', () => client.media().length === 1);
    const before = child.bytesRead;
    renames('two');
    await until('the child hears the other name', () => child.bytesRead > before);
    child.write(encoded(video(40)));
    await until('more media', () => client.media().length === 2);
    assert.deepEqual(rig.asked, ['play __defaultVhost__/live/one']);
  });

  it('is told where no child can take it', async () => {
    rig.ways = [firstWay(), null];
    const child = await plays();
    const heard = readAll(child);
    renames('two');
    await heard;
    child.end();
    await client.hears('NetStream.Play.Failed');
    await client.ends();
    await rig.failed('no-child', 1);
    unrouted = 2;
  });

  it('leaves nothing behind where it goes meanwhile', async () => {
    rig.ways = [firstWay(), secondWay()];
    const child = await plays();
    const heard = readAll(child);
    renames('two');
    await heard;
    client.socket.resetAndDestroy();
    child.end();
    await until('it has gone', () => rig.connected === 0);
  });
}
