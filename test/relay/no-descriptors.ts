/** Run with a low `ulimit -n`: uses all descriptors up under a native engine, and says what still works. */
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { NativeEngine } from '../../src/relay/native/engine.js';
import { RelayBench, type RelayedPair, readAll } from '../helpers/sockets.js';

const SIZE = 4 * 1024 * 1024;

async function check(what: string, { client, child }: RelayedPair): Promise<void> {
  const got = readAll(client);
  child.resume().end(Buffer.alloc(SIZE, 7));
  const isFine = (await got).equals(Buffer.alloc(SIZE, 7));
  client.end();
  console.log(`${what}: ${isFine ? 'fine' : 'bytes lost'}`);
}

function useUp(): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    return taken;
  }
}

const bench = await RelayBench.open(new NativeEngine({ threads: 1 }));
const running = await bench.pair();
running.client.write('x');
await once(running.child.resume(), 'data');
running.child.pause();
let taken: number[] = [];
const fresh = await bench.pair({}, () => {
  taken = useUp();
});
await check('running pair', running);
await check('new pair', fresh);
for (const fd of taken) closeSync(fd);
await check('after it', await bench.pair());
await bench.close();
