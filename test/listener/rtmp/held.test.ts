import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { HookClient } from '../../../src/listener/held-hooks.js';
import { HoldBudget } from '../../../src/listener/hold-budget.js';
import type { Router } from '../../../src/listener/route.js';
import { HeldPlayers } from '../../../src/listener/rtmp/held-players.js';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { setChunkSize } from '../../../src/protocol/rtmp/control.js';
import { playStarted } from '../../../src/protocol/rtmp/play-start.js';
import { CountedWaiters } from '../../helpers/counted.js';
import { CLIENTS, type ClientBytes } from '../../helpers/rtmp-bytes.js';
import { Acceptor } from '../../helpers/sockets.js';
import { key } from '../../helpers/stream-key.js';
import { until } from '../../helpers/until.js';
import { RtmpClient } from '../../origin/rtmp-client.js';
import {
  C001,
  CHILD_HANDSHAKE,
  encoded,
  Rig,
  readReplay,
  result,
  type Server,
  video,
} from './rig.js';

const TCURL = 'rtmp://127.0.0.1/live';
const KEY = '__defaultVhost__/live';
const FFMPEG = CLIENTS[1] as ClientBytes;
/** A child's bytes for a player: all that the client has had already, and media. */
const ANSWERS = Buffer.concat([
  CHILD_HANDSHAKE,
  encoded(setChunkSize(60_000), result(1), result(2, 1)),
  ...playStarted().map((message) => encodeMessage(message, 60_000)),
]);
const MEDIA = encoded(video(0, 50));

/** Where streams are published, and how hooks answer, at the test's word. */
class World {
  readonly published = new Set<string>();
  readonly waiters = new CountedWaiters();
  readonly budget: HoldBudget;
  /** Calls of hooks. */
  readonly told: string[] = [];
  readonly refuses = new Set<string>();
  /** True if it would be known here that a stream is published. */
  knows = true;
  readonly held: HeldPlayers;

  constructor(limits = { heldPlayers: 100, heldPlayersPerIp: 0 }) {
    this.budget = new HoldBudget(limits);
    this.held = new HeldPlayers({
      knows: () => this.knows,
      whenPublishing: async (stream, signal) =>
        this.published.has(stream) || this.waiters.wait(stream, signal),
      route: (stream, role) => this.route(stream, role),
      hooks: {
        ...{ open: () => this.#hookClient(), adopt: () => this.#hookClient() },
        ...{ follow: () => this.#hookClient(), hears: () => false, end: () => false },
      },
      budget: this.budget,
    });
  }

  route: Router = async () => null;

  publish(stream: string): void {
    this.published.add(`${KEY}/${stream}`);
    this.waiters.wake(key(`${KEY}/${stream}`));
  }

  #hookClient(): HookClient {
    const tell = (text: string) => void this.told.push(text);
    const ask = async (action: string, stream: string) => {
      tell(`${action} ${stream}`);
      return !this.refuses.has(action);
    };
    return {
      id: 'client-1',
      connect: ({ name }) => ask('connect', name.stream),
      play: ({ name }) => ask('play', name.stream),
      stop: () => tell('stop'),
      goesBy: () => tell('dialled'),
      served: () => tell('served'),
      carried: () => tell('carried'),
      moves: () => tell('moves'),
      waits: () => tell('waits'),
      leave: () => tell('leave'),
    };
  }
}

for (const server of ['node', 'threads'] as const) {
  describe(`RTMP players that wait (${server})`, { timeout: 120_000 }, () => waiting(server));
}

function waiting(server: Server): void {
  let world: World;
  let rig: Rig;
  let child: Acceptor;
  const clients: RtmpClient[] = [];

  async function open(limits?: { heldPlayers: number; heldPlayersPerIp: number }): Promise<void> {
    world = new World(limits);
    rig = new Rig(server, { held: world.held });
    rig.ways = [{ port: child.port, owner: C001 }];
    world.route = rig.route;
    await rig.listener.start();
  }

  beforeEach(async () => {
    child = await Acceptor.open();
    await open();
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await rig.close();
    await child.close();
  });

  async function player(stream: string): Promise<RtmpClient> {
    const client = await RtmpClient.open(rig.port);
    clients.push(client);
    client.play(TCURL, stream);
    return client;
  }

  async function waits(stream: string): Promise<RtmpClient> {
    const client = await player(stream);
    await client.hears('NetStream.Play.Start');
    return client;
  }

  const held = (count: number) =>
    until(`${count} wait, ${world.budget.size} do`, () => world.budget.size === count);

  /** The child's next connection, which it serves. */
  async function served(): Promise<Socket> {
    const socket = await child.next();
    socket.write(Buffer.concat([ANSWERS, MEDIA]));
    return socket;
  }

  const plays = (client: RtmpClient) => until('media', () => client.media().length > 0);

  it('are told that they play, and shown, and no child hears of them', async () => {
    const client = await waits('cam');
    assert.deepEqual(client.codes(), [
      'NetConnection.Connect.Success',
      'NetStream.Play.Reset',
      'NetStream.Play.Start',
    ]);
    assert.deepEqual(client.said().at(-1), ['|RtmpSampleAccess', true, true]);
    const [row] = await rig.listener.rows();
    assert.deepEqual([row?.child, row?.stream, row?.role], [null, `${KEY}/cam`, 'play']);
    assert.deepEqual(rig.asked, []);
    assert.deepEqual(world.told, ['connect cam', 'play cam']);
    client.close();
    await rig.empties();
    await held(0);
    assert.deepEqual(world.told.slice(2), ['leave']);
    assert.equal(world.waiters.waiting, 0);
    await rig.failed('left', 1);
  });

  it('go to their child when the publisher comes, with all that they have said', async () => {
    const client = await RtmpClient.open(rig.port);
    clients.push(client);
    const said = FFMPEG.build({ tcUrl: TCURL, app: 'live', stream: 'cam' });
    client.socket.write(said);
    await client.hears('NetStream.Play.Start');
    client.command('getStreamLength', null, 'cam');
    const results = () => client.said().filter(([name]) => name === '_result');
    await until('the call is answered', () => results().length === 3);
    world.publish('cam');
    const socket = await child.next();
    const replay = await readReplay(socket, said.length);
    assert.deepEqual(replay.subarray(0, said.length), said);
    socket.write(Buffer.concat([ANSWERS, MEDIA]));
    await plays(client);
    const starts = client.codes().filter((code) => code === 'NetStream.Play.Start');
    assert.equal(starts.length, 1);
    assert.deepEqual(rig.asked, [`play ${KEY}/cam`]);
    await until('it is served', () => world.told.includes('served'));
    assert.equal(world.budget.size, 0);
    client.close();
    socket.destroy();
    await rig.empties();
    assert.equal(rig.released, 1);
    assert.deepEqual(world.told, ['connect cam', 'play cam', 'dialled', 'served', 'leave']);
  });

  it('do not wait for what is published, or where that would not be known', async () => {
    world.publish('cam');
    for (const stream of ['cam', 'unknown']) {
      const client = await player(stream);
      const socket = await served();
      await plays(client);
      socket.destroy();
      world.knows = false;
    }
    assert.deepEqual(rig.asked, [`play ${KEY}/cam`, `play ${KEY}/unknown`]);
    assert.deepEqual(world.told, []);
  });

  it('are noticed when they leave, in whatever way', async () => {
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const client = await waits('cam');
      await held(1);
      client.socket[leave]();
      await held(0);
      await rig.empties();
    }
    await rig.failed('left', 3);
    assert.deepEqual(rig.asked, []);
  });

  it('are closed when they say what they must not', async () => {
    const client = await waits('cam');
    client.command('_result', null);
    await client.ends();
    await rig.failed('invalid', 1);
    await held(0);
  });

  it('are closed where too many wait, and others may come in their place', async () => {
    await rig.close();
    await open({ heldPlayers: 3, heldPlayersPerIp: 2 });
    const [first] = [await waits('a'), await waits('b')];
    const third = await player('c');
    await third.ends();
    assert.ok(!third.codes().includes('NetStream.Play.Start'));
    await rig.failed('heldPlayersPerIp', 1);
    assert.deepEqual(world.told.slice(4), []);
    first.close();
    await held(1);
    await waits('c');
    await held(2);
  });

  it('are let in by hooks, or not: on_connect before a word, on_play behind Play.Start', async () => {
    world.refuses.add('connect');
    const stranger = await player('cam');
    await stranger.ends();
    assert.deepEqual(stranger.codes(), ['NetConnection.Connect.Success']);
    world.refuses.clear();
    world.refuses.add('play');
    const other = await player('cam');
    await other.ends();
    assert.equal(other.codes().at(-1), 'NetStream.Play.Start');
    await rig.failed('hook', 2);
    await held(0);
    assert.deepEqual(world.told, ['connect cam', 'leave', 'connect cam', 'play cam', 'leave']);
  });

  it('may close their stream and name another one, that waits or that is there', async () => {
    const client = await waits('a');
    client.command('closeStream');
    client.command('play', null, 'b');
    await until('it waits for the other', () => world.told.includes('play b'));
    assert.deepEqual(world.told, ['connect a', 'play a', 'stop', 'connect b', 'play b']);
    await held(1);
    world.publish('a');
    world.published.add(`${KEY}/c`);
    client.command('closeStream');
    client.command('createStream');
    client.command('play', null, 'c');
    const socket = await child.next();
    assert.deepEqual(rig.asked, [`play ${KEY}/c`]);
    const last = client.transaction - 1;
    const answers = encoded(result(1), result(2, 1), result(last, 1));
    socket.write(Buffer.concat([CHILD_HANDSHAKE, answers, MEDIA]));
    await plays(client);
    const [row] = await rig.listener.rows();
    assert.equal(row?.stream, `${KEY}/c`);
    client.close();
    socket.destroy();
    await rig.empties();
  });

  it('may close their stream and publish', async () => {
    const client = await waits('a');
    client.command('closeStream');
    client.command('publish', null, 'mine', 'live');
    const socket = await child.next();
    assert.deepEqual(rig.asked, [`publish ${KEY}/mine`]);
    socket.destroy();
  });

  it('stay while they pause', async () => {
    const [pausing, playing] = [await waits('cam'), await waits('cam')];
    pausing.command('pause', null, true, 0);
    await pausing.hears('NetStream.Pause.Notify');
    world.publish('cam');
    await served();
    await plays(playing);
    await held(1);
    pausing.command('pause', null, false, 0);
    await pausing.hears('NetStream.Unpause.Notify');
    await served();
    await plays(pausing);
  });

  it('go no faster than their child takes them, in the order of their coming', async () => {
    const names = Array.from({ length: 20 }, (_, i) => i);
    const players: RtmpClient[] = [];
    for (const _ of names) players.push(await waits('cam'));
    world.publish('cam');
    const dialled: Socket[] = [];
    for (let i = 0; i < 8; i += 1) dialled.push(await child.next());
    const ninth = child.next();
    let hasCome = false;
    void ninth.then(() => {
      hasCome = true;
    });
    await held(12);
    assert.equal(hasCome, false);
    // A player that leaves in the queue is not dialled for.
    players[8]?.close();
    await held(11);
    dialled[0]?.write(Buffer.concat([ANSWERS, MEDIA]));
    const next = await ninth;
    await plays(players[0] as RtmpClient);
    assert.equal(dialled.length, 8);
    for (const socket of [...dialled.slice(1), next]) {
      socket.write(Buffer.concat([ANSWERS, MEDIA]));
    }
    for (let i = 9; i < 19; i += 1) await served();
    for (const client of players.toSpliced(8, 1)) await plays(client);
    await held(0);
  });

  it('wait on when the publisher has left before their turn', async () => {
    const players: RtmpClient[] = [];
    for (let i = 0; i < 10; i += 1) players.push(await waits('cam'));
    world.publish('cam');
    const dialled: Socket[] = [];
    for (let i = 0; i < 8; i += 1) dialled.push(await child.next());
    world.published.clear();
    for (const socket of dialled) socket.write(Buffer.concat([ANSWERS, MEDIA]));
    for (const client of players.slice(0, 8)) await plays(client);
    await until('both wait for a publisher again', () => world.waiters.waiting === 2);
    await held(2);
    world.publish('cam');
    for (const client of players.slice(8)) {
      await served();
      await plays(client);
    }
  });

  it('meet a publisher that comes in the same moment', async () => {
    for (let round = 0; round < 30; round += 1) {
      world.published.clear();
      const client = await player('cam');
      for (let turns = 0; turns < round; turns += 1) await new Promise(setImmediate);
      world.publish('cam');
      const socket = await served();
      await plays(client);
      client.close();
      socket.destroy();
    }
    await rig.empties();
    assert.equal(world.budget.size, 0);
  });

  it('end with the port', async () => {
    const client = await waits('cam');
    const closing = rig.listener.close();
    await client.ends();
    await closing;
    await held(0);
    assert.equal(world.told.at(-1), 'leave');
  });
}
