import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { silentLogger } from '../../src/logging/logger.js';
import { type NamedRoom, Rooms } from '../../src/supervisor/rooms.js';

/** Rooms that write down what is done to them, and do what the test says. */
function house(names: string, wills: Record<string, () => Promise<void>> = {}) {
  const done: string[] = [];
  const act = async (what: string) => {
    done.push(what);
    await wills[what]?.();
  };
  const order = Array.from(
    names,
    (name): NamedRoom => [name, { start: () => act(`${name}+`), close: () => act(`${name}-`) }],
  );
  const errors: object[] = [];
  const logger = { ...silentLogger, error: (fields: object) => void errors.push(fields) };
  return { done, order, errors, rooms: new Rooms(logger as typeof silentLogger) };
}

const fail = (text: string) => () => Promise.reject(new Error(text));

describe('rooms', () => {
  it('start in their order and close in the reverse one, once', async () => {
    const { rooms, order, done } = house('abc');
    assert.equal(await rooms.start(order), true);
    assert.equal(rooms.isClosing, false);
    assert.deepEqual(done, ['a+', 'b+', 'c+']);
    await Promise.all([rooms.close(), rooms.close()]);
    await rooms.close();
    assert.deepEqual(done.slice(3), ['c-', 'b-', 'a-']);
  });

  it('close those that had started, in reverse, where one does not start', async () => {
    const { rooms, order, done } = house('abcd', { 'c+': fail('no port') });
    await assert.rejects(rooms.start(order), { message: 'no port' });
    assert.deepEqual(done, ['a+', 'b+', 'c+', 'c-', 'b-', 'a-']);
    assert.equal(rooms.isClosing, true);
  });

  it('that do not close well keep no other one open, and are named', async () => {
    const { rooms, order, done, errors } = house('abc', {
      'b-': fail('stuck'),
      'c-': () => {
        throw new Error('thrown at once');
      },
    });
    await rooms.start(order);
    await rooms.close();
    assert.deepEqual(done.slice(3), ['c-', 'b-', 'a-']);
    assert.deepEqual(
      errors.map((fields) => (fields as { name: string }).name),
      ['c', 'b'],
    );
    assert.match(JSON.stringify(errors[1]), /stuck.*rooms\.test/);
  });

  it('report why one did not start, also where another does not close then', async () => {
    const wills = { 'b+': fail('no port'), 'a-': fail('stuck') };
    const { rooms, order, errors } = house('ab', wills);
    await assert.rejects(rooms.start(order), { message: 'no port' });
    assert.equal(errors.length, 1);
  });

  it('that are closed during a start close at once, and none is started after that', async () => {
    let finish = () => {};
    const { rooms, order, done } = house('abc', {
      'b+': () => new Promise((resolve) => (finish = resolve)),
      'b-': async () => finish(),
    });
    const started = rooms.start(order);
    await setImmediate();
    assert.deepEqual(done, ['a+', 'b+']);
    await rooms.close();
    assert.equal(await started, false);
    assert.deepEqual(done, ['a+', 'b+', 'b-', 'a-']);
  });

  it('that are closed before a start are never started', async () => {
    const { rooms, order, done } = house('ab');
    await rooms.close();
    assert.equal(await rooms.start(order), false);
    assert.deepEqual(done, []);
  });

  it('close what was open before them last, without a start too', async () => {
    const one = house('a');
    const close = async () => void one.done.push('engine-');
    one.rooms.opened('engine', { close });
    await one.rooms.start(one.order);
    await one.rooms.close();
    assert.deepEqual(one.done, ['a+', 'a-', 'engine-']);
    const other = house('a');
    other.rooms.opened('engine', { close: async () => void other.done.push('engine-') });
    await other.rooms.close();
    assert.deepEqual(other.done, ['engine-']);
  });
});
