import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EVENT_ENTRY, type SupervisorEvent } from '../../src/events/event.js';
import { EventLog, fits } from '../../src/events/event-log.js';

const up = (child: string): SupervisorEvent => ({ type: 'child-up', child, generation: 1, pid: 7 });
const publish = (stream: string): SupervisorEvent => ({ type: 'publish', stream, child: 'c001' });

describe('the log of events', () => {
  it('keeps them in their order, and continues after any of them', () => {
    const log = new EventLog();
    for (const name of ['v/a/1', 'v/a/2']) {
      log.record(publish(name));
      log.record(up('c002'));
    }
    const types = log.list().map(({ event }) => event.type);
    assert.deepEqual(types, ['publish', 'child-up', 'publish', 'child-up']);
    for (const entry of log.list()) assert.deepEqual(EVENT_ENTRY.parse(entry), entry);
    const [first] = log.list();
    const number = log.numberOf(first?.id ?? '');
    assert.equal(number, 1);
    assert.equal(log.after(1).length, 3);
    assert.equal(log.after(1, 2).length, 2);
    assert.equal(log.lost, 0);
  });

  it('knows the ids of its own run only', () => {
    const log = new EventLog();
    log.record(up('c001'));
    const other = new EventLog({ clock: () => 5 });
    other.record(up('c001'));
    assert.equal(log.numberOf(other.idOf(1)), null);
    for (const text of ['', 'x', `${log.idOf(1)}0`, '1', log.idOf(2), '-1']) {
      assert.equal(log.numberOf(text), null, text);
    }
    assert.equal(log.numberOf(log.idOf(1)), 1);
  });

  it('goes on in the next program, with ids that are known there', () => {
    const [first, next] = [new EventLog({ clock: () => 5 }), new EventLog({ clock: () => 9 })];
    first.record(publish('v/a/1'));
    first.record(up('c001'));
    next.goOn(first.give());
    assert.deepEqual(next.list(), first.list());
    next.record(up('c002'));
    assert.equal(next.numberOf(first.idOf(2)), 2);
    assert.deepEqual([next.last, next.lost, next.after(2).length], [3, 0, 1]);
  });

  it('leaves the oldest behind where there are too many for the next program', () => {
    const [first, next] = [new EventLog(), new EventLog()];
    for (let i = 0; i < 6000; i += 1) first.record(publish(`v/a/${i}/${'x'.repeat(400)}`));
    next.goOn(first.give());
    const [oldest] = next.after(0);
    assert.ok(oldest && oldest.number > 1);
    assert.deepEqual([next.lost, next.last], [oldest.number - 1, 6000]);
  });

  it('is bounded by number, bytes and age, and tells what is lost', () => {
    let now = 0;
    const limits = { entries: 3, bytes: 100_000, ageMs: 1000 };
    const log = new EventLog({ limits, clock: () => now });
    for (let index = 0; index < 5; index += 1) log.record(up(`c00${index}`));
    assert.equal(log.list().length, 3);
    assert.equal(log.lost, 2);
    now = 1001;
    assert.equal(log.lost, 5);
    assert.deepEqual(log.list(), []);
    const small = new EventLog({ limits: { entries: 1000, bytes: 2000, ageMs: 1000 } });
    for (let index = 0; index < 1000; index += 1) small.record(publish(`v/live/${index}`));
    assert.ok(small.list().length < 30, `${small.list().length}`);
    assert.ok(small.list().length > 5, `${small.list().length}`);
  });

  it('does not let clients push out what happened to children', () => {
    const log = new EventLog({ limits: { entries: 10, bytes: 1e6, ageMs: 1e6 } });
    log.record(up('c001'));
    for (let index = 0; index < 1000; index += 1) log.record(publish(`v/live/${index}`));
    assert.equal(log.list({ child: 'c001' })[0]?.event.type, 'child-up');
    assert.equal(log.list().length, 11);
  });

  it('hides secrets, and bounds texts and lists', () => {
    const log = new EventLog({ hide: (text) => text.replaceAll('stream', '***') });
    log.record({
      type: 'hook-failed',
      action: 'x',
      url: 'http://stream@h',
      reason: 'y'.repeat(5000),
    });
    const names = Array.from({ length: 100 }, (_, index) => `v/a/${index}`);
    log.record({
      type: 'child-down',
      child: 'c001',
      generation: 1,
      reason: 'r',
      streams: 100,
      names,
    });
    const [hook, down] = log.list();
    assert.ok(hook?.event.type === 'hook-failed' && down?.event.type === 'child-down');
    assert.equal(hook.event.url, 'http://***@h');
    assert.equal(hook.event.reason.length, 513);
    assert.equal(down.event.names.length, 32);
    assert.equal(down.event.streams, 100);
  });

  it('finds the place of the last events that fit', () => {
    const log = new EventLog();
    for (const child of ['c001', 'c002', 'c001', 'c002']) log.record(up(child));
    assert.equal(log.beforeLast({ child: 'c001' }, 1), 2);
    assert.equal(log.beforeLast({ child: 'c001' }, 9), 0);
    assert.equal(log.beforeLast({}, 0), 4);
    assert.equal(log.beforeLast({ child: 'c009' }, 5), 4);
  });

  it('calls its listeners until they leave', () => {
    const log = new EventLog();
    let calls = 0;
    const leave = log.onEvent(() => {
      calls += 1;
    });
    log.record(up('c001'));
    leave();
    log.record(up('c001'));
    assert.equal(calls, 1);
  });
});

describe('a filter', () => {
  it('takes the events about a stream, also those of its child and of a kick', () => {
    const stream = 'v/live/a';
    const down = {
      type: 'child-down',
      child: 'c001',
      generation: 1,
      reason: 'r',
      streams: 1,
    } as const;
    const kick = { type: 'kick', by: 'stream', name: 'live/a', clients: 1 } as const;
    assert.ok(fits(publish(stream), { stream }));
    assert.ok(fits({ ...down, names: [stream] }, { stream }));
    assert.ok(fits({ ...kick, streams: [stream] }, { stream }));
    assert.ok(!fits({ ...kick, streams: ['v/live/b'] }, { stream }));
    assert.ok(!fits(publish('v/live/b'), { stream }));
    assert.ok(!fits(publish(stream), { stream, child: 'c002' }));
    assert.ok(!fits({ type: 'registry-back' }, { child: 'c001' }));
    assert.ok(fits({ type: 'registry-back' }, {}));
  });
});
