import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Shared } from '../../src/console/shared.js';

/** A value that costs so many milliseconds, by a clock of its own. */
function counted(costMs: number) {
  let [now, made] = [0, 0];
  const make = async () => {
    now += costMs;
    made += 1;
    return made;
  };
  const pass = (ms: number) => {
    now += ms;
  };
  return { shared: new Shared(make, () => now), pass };
}

describe('a value that consoles share', () => {
  it('is made once a second, however many ask', async () => {
    const { shared, pass } = counted(1);
    assert.deepEqual(await Promise.all([shared.get(), shared.get(), shared.get()]), [1, 1, 1]);
    pass(500);
    assert.equal(await shared.get(), 1);
    pass(500);
    assert.equal(await shared.get(), 2);
  });

  it('is kept longer the more it costs, work on it included', async () => {
    const { shared, pass } = counted(40);
    await shared.get();
    pass(1900);
    assert.equal(await shared.get(), 1);
    shared.work(() => pass(60));
    pass(2500);
    assert.equal(await shared.get(), 1);
    pass(1000);
    assert.equal(await shared.get(), 2);
  });

  it('is asked for again after a failure', async () => {
    let isBad = true;
    const shared = new Shared(async () => {
      if (isBad) throw new Error('away');
      return 1;
    });
    await assert.rejects(shared.get(), /away/);
    isBad = false;
    assert.equal(await shared.get(), 1);
  });
});
