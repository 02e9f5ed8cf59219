import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { ConnectionBudget } from '../../src/listener/budget.js';

const THREADS = 4;
const FROM = '192.0.2.1';

type Taken = Readonly<Record<string, number>>;

/** So many threads take at the same time. */
async function onThreads(
  budget: ConnectionBudget,
  { ips, tries, churns = false }: { ips: readonly string[]; tries: number; churns?: boolean },
): Promise<Taken[]> {
  return Promise.all(
    Array.from({ length: THREADS }, async (_, index) => {
      const workerData = { share: budget.share(index + 1), ips, tries, churns };
      const url = new URL('./budget-thread-process.js', import.meta.url);
      const worker = new Worker(url, { workerData });
      const [taken] = await once(worker, 'message');
      await worker.terminate();
      return taken as Taken;
    }),
  );
}

function sumOf(taken: readonly Taken[]): number {
  return taken.flatMap((of) => Object.values(of)).reduce((sum, count) => sum + count, 0);
}

/** How many more of an address there is room for here; they are given back. */
function roomFor(budget: ConnectionBudget, ip: string): number {
  const places: number[] = [];
  for (let place = budget.take(ip); typeof place === 'number'; place = budget.take(ip)) {
    places.push(place);
  }
  for (const place of places) budget.giveBack(place);
  return places.length;
}

describe('a budget that threads share', () => {
  it('tells how many find a place before places are scarce', () => {
    const budget = new ConnectionBudget({ connections: 160, connectionsPerIp: 0 });
    const before = budget.free;
    const places = Array.from({ length: 150 }, () => budget.take(FROM));
    const scarce = budget.free;
    for (const place of places) if (typeof place === 'number') budget.giveBack(place);
    assert.deepEqual([before, scarce, budget.free], [150, 0, 150]);
  });

  it('lets no more in from one address than its limit, whichever thread it comes to', async () => {
    const limits = { connections: 100_000, connectionsPerIp: 1000 };
    const budget = new ConnectionBudget(limits, { threads: THREADS });
    const taken = await onThreads(budget, { ips: [FROM, '192.0.2.2'], tries: 2000 });
    for (const ip of [FROM, '192.0.2.2']) {
      const sum = taken.reduce((total, of) => total + (of[ip] ?? 0), 0);
      // Two that come at the same moment for the last place may both be refused.
      assert.ok(sum <= 1000 && sum > 1000 - THREADS, `${sum}`);
    }
    assert.equal(roomFor(budget, '192.0.2.3'), 1000);
  });

  it('lets no more in in all', async () => {
    const limits = { connections: 1000, connectionsPerIp: 0 };
    const budget = new ConnectionBudget(limits, { threads: THREADS });
    const sum = sumOf(await onThreads(budget, { ips: [FROM], tries: 2000 }));
    assert.ok(sum <= 1000 && sum > 1000 - THREADS, `${sum}`);
  });

  it('goes by other limits on all threads from the moment that they are set', () => {
    const budget = new ConnectionBudget({ connections: 9, connectionsPerIp: 0 }, { threads: 1 });
    const joined = ConnectionBudget.join(budget.share(1));
    assert.deepEqual([roomFor(budget, FROM), roomFor(joined, FROM)], [9, 9]);
    budget.renew({ connections: 20, connectionsPerIp: 7 });
    assert.deepEqual([roomFor(budget, FROM), roomFor(joined, FROM)], [7, 7]);
    assert.deepEqual([joined.connections, joined.connectionsPerIp], [20, 7]);
  });

  it('loses no place and keeps none, however many addresses come and go', async () => {
    const budget = new ConnectionBudget(
      { connections: 500, connectionsPerIp: 20 },
      { threads: THREADS },
    );
    const ips = Array.from({ length: 20_000 }, (_, n) => `10.${n >> 8}.${n & 255}.9`);
    const sum = sumOf(await onThreads(budget, { ips, tries: 10, churns: true }));
    // Others may hold the last counter of an address for a moment, but not for long.
    assert.ok(sum > 0.99 * THREADS * 10 * ips.length, `${sum}`);
    assert.equal(roomFor(budget, FROM), 20);
    const each = ips.slice(0, 500).map((ip) => budget.take(ip));
    assert.ok(each.every((place) => typeof place === 'number'));
    assert.equal(budget.take('10.200.0.1'), 'connections');
  });

  it('has room again for what a dead thread had counted', async () => {
    const limits = { connections: 1000, connectionsPerIp: 100 };
    const budget = new ConnectionBudget(limits, { threads: THREADS });
    const taken = await onThreads(budget, { ips: [FROM], tries: 25 });
    assert.equal(sumOf(taken), 100);
    assert.equal(budget.take(FROM), 'connectionsPerIp');
    budget.forget(1);
    assert.equal(roomFor(budget, FROM), 25);
  });

  it('counts a client once that goes from one thread to another', () => {
    const budget = new ConnectionBudget({ connections: 3, connectionsPerIp: 2 }, { threads: 1 });
    const thread = ConnectionBudget.join(budget.share(1));
    const place = thread.take(FROM);
    assert.ok(typeof place === 'number');
    budget.adopt(place, 1);
    assert.equal(roomFor(budget, FROM), 1);
    budget.forget(1);
    assert.equal(roomFor(budget, FROM), 1);
    budget.giveBack(place);
    assert.equal(roomFor(thread, FROM), 2);
  });
});

describe('addresses', () => {
  it('of IPv6 are one where their first 64 bits are', () => {
    const budget = new ConnectionBudget({ connections: 100, connectionsPerIp: 1 });
    assert.ok(typeof budget.take('2001:db8:1:2::1') === 'number');
    assert.equal(budget.take('2001:db8:1:2:ffff::9'), 'connectionsPerIp');
    assert.ok(typeof budget.take('2001:db8:1:3::1') === 'number');
  });

  it('that are exempt have no limit of their own, but that of all', () => {
    const budget = new ConnectionBudget(
      { connections: 5, connectionsPerIp: 1 },
      { exempt: ['10.0.0.0/8'], isExempt: (ip) => ip === '192.0.2.7' },
    );
    for (const ip of ['10.1.2.3', '10.1.2.3', '192.0.2.7', '192.0.2.7']) {
      assert.ok(typeof budget.take(ip) === 'number');
    }
    assert.ok(typeof budget.take(FROM) === 'number');
    assert.equal(budget.take(FROM), 'connectionsPerIp');
    assert.equal(budget.take('10.1.2.3'), 'connections');
  });

  it('come no oftener than their limit, on whichever thread, unless they are exempt', () => {
    const limits = { connections: 1000, connectionsPerIp: 0, newConnectionsPerIp: 1 };
    const options = { threads: 1, exempt: ['10.0.0.0/8'] };
    const budget = new ConnectionBudget(limits, options);
    const thread = ConnectionBudget.join(budget.share(1));
    const comes = (at: ConnectionBudget, ip: string) => {
      const place = at.take(ip);
      if (typeof place === 'number') at.giveBack(place);
      return place;
    };
    for (const at of [budget, thread, budget, thread, budget]) {
      assert.equal(typeof comes(at, '2001:db8:1:2::1'), 'number');
    }
    assert.equal(comes(thread, '2001:db8:1:2:ffff::9'), 'newConnectionsPerIp');
    assert.equal(typeof comes(thread, '2001:db8:1:3::1'), 'number');
    for (let times = 0; times < 20; times += 1) {
      assert.equal(typeof comes(thread, '10.1.2.3'), 'number');
    }
    budget.renew({ ...limits, newConnectionsPerIp: 0 });
    assert.equal(typeof comes(thread, '2001:db8:1:2::1'), 'number');
    assert.equal(budget.newConnectionsPerIp, 0);
  });

  it('of this machine have no number of connections, but a rate', () => {
    const limits = { connections: 1000, connectionsPerIp: 1, newConnectionsPerIp: 1 };
    const budget = new ConnectionBudget(limits, { own: ['127.0.0.0/8'] });
    for (let times = 0; times < 5; times += 1) {
      assert.equal(typeof budget.take('127.0.0.1'), 'number');
    }
    assert.equal(budget.take('127.0.0.1'), 'newConnectionsPerIp');
  });

  it('are counted no more for a client that is vouched for', () => {
    const budget = new ConnectionBudget({ connections: 2, connectionsPerIp: 1 });
    const place = budget.take(FROM);
    assert.ok(typeof place === 'number');
    const vouched = budget.vouch(place);
    assert.ok(typeof budget.take(FROM) === 'number');
    assert.equal(budget.take('192.0.2.2'), 'connections');
    budget.giveBack(vouched);
    assert.ok(typeof budget.take('192.0.2.2') === 'number');
  });
});

/** A pending client, and whether it has been closed. */
function pend(budget: ConnectionBudget, since: number): { isShed: boolean } {
  const client = { isShed: false };
  const place = budget.take(FROM);
  assert.ok(typeof place === 'number');
  const pending = budget.pend(since, () => {
    client.isShed = true;
    budget.giveBack(place);
    budget.settle(pending);
  });
  return client;
}

describe('pending clients', () => {
  it('make room where the thread has one, or on another one for who comes next', () => {
    const budget = new ConnectionBudget({ connections: 3, connectionsPerIp: 0 }, { threads: 1 });
    const thread = ConnectionBudget.join(budget.share(1));
    const called: number[] = [];
    budget.call = (member) => void called.push(member);
    thread.call = budget.call;
    const start = Date.now();
    const own = pend(budget, start + 2000);
    const [old, middle] = [pend(thread, start), pend(thread, start + 1000)];
    assert.ok(typeof budget.take('192.0.2.2') === 'number');
    assert.equal(own.isShed, true);
    assert.deepEqual(called, []);
    assert.equal(budget.take('192.0.2.2'), 'connections');
    assert.deepEqual(called, [1]);
    assert.equal(old.isShed, false);
    thread.heed();
    assert.equal(old.isShed, true);
    assert.ok(typeof budget.take('192.0.2.2') === 'number');
    assert.ok(typeof thread.take('192.0.2.2') === 'number');
    assert.equal(middle.isShed, true);
    assert.equal(thread.take('192.0.2.2'), 'connections');
    assert.deepEqual(called, [1]);
  });

  it('go where the oldest is, while there is room for who comes meanwhile', () => {
    const budget = new ConnectionBudget({ connections: 32, connectionsPerIp: 0 }, { threads: 1 });
    const thread = ConnectionBudget.join(budget.share(1));
    budget.call = () => thread.heed();
    const start = Date.now();
    const own = pend(budget, start + 2000);
    const others = Array.from({ length: 29 }, (_, n) => pend(thread, start + n));
    assert.ok(typeof budget.take('192.0.2.2') === 'number');
    assert.deepEqual([own.isShed, others[0]?.isShed, others[1]?.isShed], [false, true, false]);
  });

  it('are counted on all threads, until they settle or their thread has ended', () => {
    const budget = new ConnectionBudget({ connections: 9, connectionsPerIp: 0 }, { threads: 1 });
    const thread = ConnectionBudget.join(budget.share(1));
    const settled = budget.pend(1, () => {});
    pend(thread, 1);
    pend(thread, 2);
    assert.deepEqual([budget.pending, thread.pending], [3, 3]);
    budget.settle(settled);
    assert.equal(thread.pending, 2);
    budget.forget(1);
    assert.equal(budget.pending, 0);
  });

  it('are let in by nobody while the box drains', () => {
    const budget = new ConnectionBudget({ connections: 9, connectionsPerIp: 0 }, { threads: 1 });
    const thread = ConnectionBudget.join(budget.share(1));
    budget.shut();
    assert.equal(budget.take(FROM), 'drain');
    assert.equal(thread.take(FROM), 'drain');
  });

  it('go before the last place is taken, so that those of other threads have gone in time', () => {
    const budget = new ConnectionBudget({ connections: 320, connectionsPerIp: 0 }, { threads: 1 });
    const thread = ConnectionBudget.join(budget.share(1));
    budget.call = () => thread.heed();
    const idle = Array.from({ length: 310 }, (_, n) => pend(thread, Date.now() + n));
    for (let served = 0; served < 320; served += 1) {
      assert.ok(typeof budget.take('192.0.2.2') === 'number');
    }
    assert.ok(idle.every(({ isShed }) => isShed));
    assert.equal(budget.take('192.0.2.2'), 'connections');
  });

  it('do not go for an address that is over its own limit', () => {
    const budget = new ConnectionBudget({ connections: 2, connectionsPerIp: 1 });
    const idle = pend(budget, 1);
    assert.equal(budget.take(FROM), 'connectionsPerIp');
    assert.equal(idle.isShed, false);
  });
});
