import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Beats } from '../../src/child/beats.js';
import type { ConfOptions } from '../../src/child/conf-plan.js';
import { withConfs } from '../../src/child/kept.js';
import { Standing } from '../../src/child/standing.js';
import { NO_TEMPLATE } from '../../src/child/template.js';
import { PROBE_TIMES } from '../../src/child/times.js';
import { Publishers } from '../../src/hooks/publishers.js';
import { AliasBook } from '../../src/listener/aliases.js';
import { Connection } from '../../src/listener/connection.js';
import { Connections } from '../../src/listener/connections.js';
import { silentLogger } from '../../src/logging/logger.js';
import { PARTS } from '../../src/supervisor/kept-parts.js';
import { idMarkOf, statusAfter } from '../../src/supervisor/upgrade-status.js';
import { decodeHandover, encodeHandover, type Part, partOf } from '../../src/upgrade/document.js';
import { key } from '../helpers/stream-key.js';
import { World } from '../placement/helpers.js';

const ABOUT = {
  version: '1.0.0',
  script: '/x',
  upgrades: 1,
  stoppedAt: 0,
  cut: {},
  failure: null,
  isEnding: false,
  descriptors: [],
};

/** Returns a part as the next program reads it. */
function carried<Value>(part: Part<Value>, value: Value): Value {
  const parts = { [part.name]: value };
  const read = partOf(decodeHandover(encodeHandover({ ...ABOUT, parts })), part);
  assert.notEqual(read, null);
  return read as Value;
}

const CHILD = {
  id: 'c001',
  generation: 3,
  restarts: 2,
  failures: 1,
  drainedFor: 'an operator drains it',
  cpus: [1, 2],
  ports: { rtmp: 30000, api: 30001, http: 30002, rtc: 30003, srt: 30004 },
  process: { pid: 4711, startTicks: 12, stdout: 20, stderr: 21 },
};

function optionsOf(maxConnections: number): ConfOptions {
  const media = { rtc: true, srt: false };
  const rest = { template: NO_TEMPLATE, vhosts: {}, hls: null };
  return { maxConnections, ...rest, ...media, onLoopback: media };
}

describe('the parts that outlive the program', () => {
  it('keep a client with its address, alias, stream and bytes', () => {
    const limits = { connections: 10, connectionsPerIp: 1 };
    const [first, aliases] = [new Connections(limits), new AliasBook()];
    const client = first.open('192.0.2.1', 4000, 77);
    assert.ok(client instanceof Connection);
    client.named(key('v/live/a'), 'publish');
    client.takeAlias(aliases);
    client.assigned({ id: 'c001', generation: 2 });
    client.comesFrom('198.51.100.7:99');
    const clients = carried(PARTS.clients, { rtmp: [client.give(5)] });
    const [kept] = clients.rtmp ?? [];
    assert.ok(kept);
    assert.deepEqual([kept.pair, kept.owner], [5, { id: 'c001', generation: 2 }]);
    const [second, book] = [new Connections(limits), new AliasBook()];
    book.goOn(aliases.next);
    const again = second.readmit(kept, book);
    assert.deepEqual({ ...again.row(), child: 'c001' }, client.row());
    assert.equal(book.holderOf(client.alias ?? '')?.client, '198.51.100.7:99');
    assert.equal(second.open('192.0.2.1', 4001, 78), 'connectionsPerIp');
    assert.notEqual(book.take({ id: 'x', client: 'y' }), client.alias);
    second.closed(again);
    assert.ok(second.open('192.0.2.1', 4001, 78) instanceof Connection);
  });

  it('keep a client that is counted for no address', () => {
    const limits = { connections: 10, connectionsPerIp: 1 };
    const [first, second] = [new Connections(limits), new Connections(limits)];
    const client = first.open('192.0.2.1', 4000, 77);
    assert.ok(client instanceof Connection);
    first.vouch(client);
    second.readmit(client.give(0), null);
    assert.ok(second.open('192.0.2.1', 4001, 78) instanceof Connection);
  });

  it('keep streams with their child, their publisher and their grace', async () => {
    const [first, second] = [new World(2), new World(2)];
    second.now += 5000;
    const [live, left] = [key('v/live/a'), key('v/live/b')];
    const owner = { id: 'c1', generation: 1 };
    assert.equal(await first.placement.published(live, owner), true);
    first.placement.announce(live, owner);
    const hold = await first.placement.admit(left, 'publish', owner);
    hold?.release();
    await second.placement.goOn(carried(PARTS.streams, first.placement.give()));
    const sinceIn = ({ placement }: World) => placement.list().map(({ since }) => since);
    assert.deepEqual(sinceIn(second), sinceIn(first));
    assert.deepEqual(second.placement.publisherHere(live), { owner, isAccepted: true });
    assert.equal(await second.placement.whenPublished(live, AbortSignal.abort()), true);
    const found = await second.placement.find(left, 'play');
    assert.deepEqual(found?.owner, owner);
    await Promise.all([first.placement.close(), second.placement.close()]);
  });

  it('leave streams of a child behind that has died', async () => {
    const [first, second] = [new World(1), new World(1)];
    const owner = { id: 'c0', generation: 1 };
    await first.placement.published(key('v/live/a'), owner);
    second.change(0, { generation: 2 });
    await second.placement.goOn(first.placement.give());
    assert.deepEqual(second.placement.list(), []);
    await Promise.all([first.placement.close(), second.placement.close()]);
  });

  it('keep publishers by the ids that their children know', async () => {
    const ended: string[] = [];
    const claims = {
      published: async () => true,
      announce: () => {},
      unpublished: (stream: string) => void ended.push(stream),
    };
    const make = () => new Publishers({ claims, isLive: async () => false });
    const [first, second] = [make(), make()];
    const one = { stream: key('v/live/a'), owner: { id: 'c001', generation: 1 }, streamId: '' };
    await first.begin({ ...one, clientId: 'x' });
    const { publishers } = carried(PARTS.hooks, { secret: 's', publishers: first.give() });
    second.adopt(publishers);
    second.end({ ...one, clientId: 'x' });
    assert.deepEqual(ended, ['v/live/a']);
  });

  it('keep a child with its state and its reasons', () => {
    const [first, second] = [new Standing(), new Standing()];
    first.to('ready');
    first.failed('killed by SIGKILL');
    first.to('draining', 'an operator drains it');
    const standing = first.give();
    assert.ok(standing);
    const beatSecret = Uint8Array.of(1, 2);
    const [child] = carried(PARTS.fleet, {
      children: [{ ...CHILD, conf: null, standing }],
      beatSecret,
    }).children;
    assert.ok(child);
    second.adopt(child.standing);
    assert.deepEqual(second.told(null), first.told(null));
    assert.deepEqual(
      { ...child, standing: undefined },
      { ...CHILD, conf: null, standing: undefined },
    );
    first.to('stopping');
    assert.equal(first.give(), null);
  });

  it('keep the options of children, those of this version, as one value where they are equal', () => {
    const present = optionsOf(1000);
    const standing = new Standing();
    standing.to('ready');
    const child = (conf: ConfOptions) => ({ ...CHILD, conf, standing: standing.give() as never });
    const children = [child(optionsOf(1000)), child(optionsOf(500))];
    const fleet = carried(PARTS.fleet, { children, beatSecret: new Uint8Array(1) });
    const [same, other] = withConfs(fleet, present, true).children;
    assert.equal(same?.conf, present);
    assert.equal(other?.conf?.maxConnections, 500);
    assert.equal(withConfs(fleet, present, false).children[0]?.conf, null);
  });

  it('keep the paths of heartbeats', async (t: TestContext) => {
    const make = () => new Beats({ times: PROBE_TIMES, pidOf: () => 1, logger: silentLogger });
    const [first, second] = [make(), make()];
    t.after(() => {
      first.close();
      second.close();
    });
    await first.open();
    await second.open({ children: [], beatSecret: first.secret });
    const ref = { id: 'c001', generation: 1 };
    const pathOf = (beats: Beats) => new URL(beats.urlFor(ref) ?? '').pathname;
    assert.equal(pathOf(second), pathOf(first));
  });

  it('tell what came of the upgrade, and mark the ids of new connections', () => {
    assert.deepEqual([statusAfter(null).state, idMarkOf(null)], ['none', '']);
    const handover = decodeHandover(encodeHandover({ ...ABOUT, parts: { pairs: [null, {}] } }));
    const { state, from, kept, upgrades } = statusAfter(handover);
    assert.deepEqual([state, from, kept, upgrades], ['done', '1.0.0', 1, 1]);
    const failed = statusAfter({ ...handover, failure: 'no port' });
    assert.deepEqual([failed.state, failed.error], ['failed', 'no port']);
  });
});
