import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChildStatus } from '../../src/child/types.js';
import type { OwnerRef } from '../../src/owner.js';
import { Routing, type RoutingParts } from '../../src/supervisor/routing.js';
import { key } from '../helpers/stream-key.js';

const STREAM = key('v/live/show');
const PORTS = { rtmp: 1, http: 2, api: 3, rtc: 4, srt: 5 };
const OWNER = { id: 'c001', generation: 2 };
const FAR = { id: 'c007', generation: 9, box: 'two' };

interface Given {
  readonly owner?: OwnerRef | null;
  readonly child?: Partial<ChildStatus> | null;
  readonly clients?: number;
  readonly boxes?: ReadonlyMap<string, object>;
  readonly secret?: string | null;
  readonly areOurs?: boolean;
  readonly knowsStreams?: boolean;
  readonly fetchOnPlay?: boolean;
}

/** A Routing over one child and one hold, and all that is said to its neighbours. */
function rig(given: Given = {}) {
  const { owner = OWNER, child = {}, clients = 1, boxes = new Map(), secret = 'known' } = given;
  const { areOurs = true, knowsStreams = false, fetchOnPlay = false } = given;
  const said: unknown[] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) =>
      void said.push([name, ...args]);
  const holdOf = (role: string) =>
    owner && { stream: STREAM, role, owner, release: note('release'), shares: note('shares') };
  const status = child && {
    id: 'c001',
    generation: 2,
    state: 'ready',
    pid: 7,
    ports: PORTS,
    ...child,
  };
  const routing = new Routing({
    owners: {
      areOurs,
      status: (id: string) => (id === status?.id ? status : null),
      access: (id: string) => ({ authorization: id === '' ? 'ours' : `of ${id}` }),
    },
    watch: {
      knowsStreams,
      publisherComes: note('comes'),
      publisherLeft: note('left'),
      suspect: note('suspect'),
    },
    placement: {
      acquire: async (_stream: string, role: string) => holdOf(role),
      find: async (_stream: string, role: string) => holdOf(role),
      admit: async (_stream: string, role: string) => holdOf(role),
      connections: () => clients,
    },
    fetchOnPlay: () => fetchOnPlay,
    boxes: { get: (id: string) => boxes.get(id) ?? null, list: () => boxes },
    secret,
    maxConnectionsOf: () => 10,
    suspect: note('suspect child'),
  } as unknown as RoutingParts);
  return { routing, said };
}

describe('a stream of a child of ours', () => {
  it('is reached on loopback, and is let go of with its client', async () => {
    const { routing, said } = rig();
    const route = await routing.route(STREAM, 'publish');
    assert.deepEqual([route?.owner, route?.host, route?.ports], [OWNER, '127.0.0.1', PORTS]);
    assert.deepEqual([route?.isForeign, route?.via], [undefined, undefined]);
    route?.release();
    assert.deepEqual(said, [['release']]);
  });

  it('is tried by ourselves where a client could not connect', async () => {
    const { routing, said } = rig();
    (await routing.route(STREAM, 'play'))?.release('refused');
    assert.deepEqual(said, [['release'], ['suspect child', OWNER]]);
  });

  it('leads nowhere while the child has as many clients as it takes, or is not known', async () => {
    for (const given of [{ clients: 11 }, { child: null }]) {
      const { routing, said } = rig(given);
      assert.equal(await routing.route(STREAM, 'play'), null);
      assert.deepEqual(said, [['release']]);
    }
    assert.notEqual(await rig({ clients: 10 }).routing.find(STREAM, 'play'), null);
  });

  it('leads nowhere where placement has no owner', async () => {
    assert.equal(await rig({ owner: null }).routing.route(STREAM, 'play'), null);
    assert.equal(await rig({ owner: null }).routing.find(STREAM, 'play'), null);
  });
});

describe('a stream of an origin that we did not start', () => {
  const foreign = { child: { server: 'vid-x', host: '10.0.0.9' } };

  it('is watched while its publisher is there', async () => {
    const { routing, said } = rig(foreign);
    const route = await routing.route(STREAM, 'publish');
    assert.deepEqual([route?.isForeign, route?.host], [true, '10.0.0.9']);
    route?.release();
    const of = [STREAM, OWNER];
    assert.deepEqual(said, [['comes', ...of], ['release'], ['left', ...of]]);
  });

  it('brings its owner under suspicion when that refuses a connection', async () => {
    const { routing, said } = rig(foreign);
    (await routing.route(STREAM, 'play'))?.release('refused');
    assert.deepEqual(said, [['release'], ['suspect', OWNER]]);
  });

  it('is not watched for a player', async () => {
    const { routing, said } = rig(foreign);
    (await routing.route(STREAM, 'play'))?.release();
    assert.deepEqual(said, [['release']]);
  });
});

describe('a stream of another box', () => {
  const record = (peer: number) => ({ host: '10.0.0.2', ports: { ...PORTS, peer } });
  const given = { owner: FAR, boxes: new Map([['two', record(6)]]) };

  it('is reached by that box, which is told the child and the stream', async () => {
    const { routing, said } = rig(given);
    const route = await routing.route(STREAM, 'play');
    assert.deepEqual(route?.via, {
      host: '10.0.0.2',
      port: 6,
      secret: 'known',
      child: 'c007',
      generation: 9,
      wanted: { stream: STREAM, role: 'play' },
    });
    route?.release('gone');
    route?.release();
    assert.deepEqual(said, [
      ['release', true],
      ['release', false],
    ]);
  });

  it('leads nowhere where the box is gone, lets nobody in, or shares no secret with us', async () => {
    const closed = new Map([['two', record(0)]]);
    for (const less of [{ boxes: new Map() }, { boxes: closed }, { secret: null }]) {
      const { routing, said } = rig({ ...given, ...less });
      assert.equal(await routing.route(STREAM, 'play'), null);
      assert.deepEqual(said, [['release']]);
    }
  });

  it('asks for what our own children ask for', () => {
    const { routing } = rig(given);
    assert.equal(routing.authorizationOf(FAR), 'ours');
    assert.equal(routing.authorizationOf(OWNER), 'of c001');
    assert.deepEqual([routing.isBox('10.0.0.2'), routing.isBox('10.0.0.3')], [true, false]);
  });
});

describe('a client that another box sends', () => {
  const wanted = { stream: STREAM, role: 'play' } as const;

  it('is let in to that life of a child while it serves', async () => {
    for (const state of ['ready', 'draining'] as const) {
      const { routing } = rig({ child: { state } });
      assert.equal((await routing.admit(OWNER, wanted))?.host, '127.0.0.1');
      assert.equal((await routing.admit(OWNER, null))?.host, '127.0.0.1');
    }
  });

  it('is not let in to another life, nor to a child that does not serve', async () => {
    const { routing } = rig();
    assert.equal(await routing.admit({ id: 'c001', generation: 1 }, wanted), null);
    assert.equal(await routing.admit({ id: 'c002', generation: 2 }, null), null);
    for (const state of ['starting', 'failed', 'stopped'] as const) {
      assert.equal(await rig({ child: { state } }).routing.admit(OWNER, null), null, state);
    }
  });
});

describe('a life of a child', () => {
  it('is alive, and has an HTTP address, until it ends', () => {
    const { routing } = rig();
    assert.deepEqual(routing.httpOf(OWNER), { host: '127.0.0.1', port: 2 });
    assert.equal(routing.isAlive({ id: 'c001', generation: 1 }), false);
    assert.equal(routing.httpOf({ id: 'c001', generation: 1 }), null);
    assert.equal(rig({ child: { pid: null } }).routing.httpOf(OWNER), null);
  });
});

describe('whether all publishers are known here', () => {
  const cases = [
    { areOurs: true, is: true },
    { areOurs: true, fetchOnPlay: true, is: true },
    { areOurs: false, is: false },
    { areOurs: false, knowsStreams: true, is: true },
    { areOurs: false, knowsStreams: true, fetchOnPlay: true, is: false },
  ];
  for (const { is, ...given } of cases)
    it(JSON.stringify(given), () => assert.equal(rig(given).routing.knowsPublishers, is));
});
