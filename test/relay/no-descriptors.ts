/**
 * Run with a low `ulimit -n`: uses all descriptors up under a native engine, and says what still
 * works.
 */
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { NativeEngine } from '../../src/relay/native/engine.js';
import { RelayBench, type RelayedPair, readAll } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';
import { TEST_USHER } from './test-handler.js';

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

const engine = new NativeEngine({ threads: 1 });
const bench = await RelayBench.open(engine);
const port = engine.listen({ host: '127.0.0.1', port: 0 }, 128);
const told: unknown[] = [];
const link = {
  joined: () => {},
  handedBack: () => {},
  heard: (message: unknown) => void told.push(message),
};
const settings = { fd: port.sockets[0], child: 0 };
engine.employ({ module: TEST_USHER, begin: () => ({ settings, link }) });
await until('the handler is there', () => told.includes('open'));
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
const late: Socket[] = [];
await until('the thread has no descriptor to let a client in by', () => {
  taken.push(...useUp());
  closeSync(taken.pop() ?? -1);
  // It takes the last descriptor, if nothing else has come free meanwhile.
  late.push(connect({ host: '127.0.0.1', port: port.bound.port }));
  return told.includes('full EMFILE');
});
for (const fd of taken) closeSync(fd);
for (const client of late) {
  const greeting = client.readableLength > 0 ? [client.read()] : await once(client, 'data');
  if (String(greeting[0]) !== 'hello') throw new Error(`greeted by ${greeting[0]}`);
  client.destroy();
}
console.log('late clients: fine');
await check('after it', await bench.pair());
await bench.close();
