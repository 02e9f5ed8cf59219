import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { openEngine } from '../../src/relay/engine.js';
import type { RelayEngine, RelayedConnection } from '../../src/relay/relay.js';

const missing = () => Promise.reject(new Error("Cannot find package 'koffi'\nand more"));

/** An engine that takes pairs and closes them: it starts, but does not work. */
class BrokenEngine implements RelayEngine {
  readonly keeping = null;
  readonly threadUsage = () => [];
  readonly name = 'native';
  readonly threadCount = 1;
  readonly setupThreads = null;
  readonly fanoutThreads = null;
  static closed = false;

  join({ client, child }: Parameters<RelayEngine['join']>[0]): RelayedConnection {
    client.destroy();
    child.destroy();
    return { bytesIn: 0, bytesOut: 0, ended: Promise.resolve('closed'), destroy: () => {} };
  }

  async close(): Promise<void> {
    BrokenEngine.closed = true;
  }
}

function setUp(engine: 'auto' | 'native' | 'portable') {
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => log.push(line) });
  return { log, options: { engine, threads: 'auto', cpus: [], logger } as const };
}

describe('openEngine', () => {
  it('opens the native engine where it works', {
    skip: process.platform !== 'linux' && 'needs Linux',
  }, async () => {
    for (const name of ['auto', 'native'] as const) {
      const { log, options } = setUp(name);
      const engine = await openEngine(options);
      assert.equal(engine.name, 'native');
      await engine.close();
      assert.deepEqual(log, []);
    }
  });

  it('opens the portable engine without a look at the native one', async () => {
    const { log, options } = setUp('portable');
    assert.equal((await openEngine(options, missing)).name, 'portable');
    assert.deepEqual(log, []);
  });

  it('falls back with one warning where koffi is missing', async () => {
    const { log, options } = setUp('auto');
    assert.equal((await openEngine(options, missing)).name, 'portable');
    assert.equal(log.length, 1);
    assert.match(log[0]!, /relay.engine: native does not work here/);
  });

  it('falls back where the self-test fails, and closes what failed', async () => {
    const { log, options } = setUp('auto');
    const engine = await openEngine(options, async () => ({ NativeEngine: BrokenEngine }));
    assert.equal(engine.name, 'portable');
    assert.ok(BrokenEngine.closed);
    assert.equal(log.length, 1);
  });

  it('refuses to go on without the native engine where the configuration insists', async () => {
    const { options } = setUp('native');
    await assert.rejects(openEngine(options, missing), {
      code: 'ERR_CONFIG',
      message: /^relay\.engine: native does not work: .*koffi.*; set relay\.engine .*portable$/,
    });
  });
});
