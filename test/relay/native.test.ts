import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { silentLogger } from '../../src/logging/logger.js';
import { NativeEngine } from '../../src/relay/native/engine.js';
import type { Order } from '../../src/relay/native/protocol.js';
import { NativeUdpRelay } from '../../src/relay/native/udp.js';
import { NativeUdpGroup } from '../../src/relay/native/udp-group.js';
import type { UdpEndpoint } from '../../src/relay/udp.js';
import { RelayBench } from '../helpers/sockets.js';
import { until } from '../helpers/until.js';
import { relayContract } from './contract.js';
import { udpContract } from './udp-contract.js';

relayContract('native', () => new NativeEngine({ threads: 2 }));
udpContract('native', async (options) => new NativeUdpRelay(options));
udpContract('native, three threads', (options) =>
  NativeUdpGroup.open(options, silentLogger, [null, null, null]),
);

describe('relay engine: native, its threads', () => {
  const log: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => log.push(line) });
  let engine: NativeEngine;
  let bench: RelayBench;
  before(async () => {
    engine = new NativeEngine({ threads: 2, cpus: [0], logger });
    bench = await RelayBench.open(engine);
  });
  after(() => bench.close());

  it('replaces one that dies, closes what it carried, and harms nobody else', async () => {
    const [lost, kept] = [await bench.pair(), await bench.pair()];
    const [first, second] = engine.threads;
    const closed = [lost.client, lost.child].map((socket) => once(socket.resume(), 'end'));
    first!.order({ kind: 'dance' } as unknown as Order);
    assert.equal(await lost.relayed.ended, 'destroyed');
    await Promise.all(closed);
    assert.match(log.join(''), /relay thread died/);
    assert.match(log.join(''), /unknown order 'dance'/);
    await until('there are two threads', () => engine.threads.length === 2);
    assert.equal(engine.threads[1], second);
    assert.notEqual(engine.threads[0], first);
    await passes(kept);
    await passes(await bench.pair());
    lost.client.destroy();
    lost.child.destroy();
  });

  it('spreads pairs over its threads', async () => {
    const sizes = () => engine.threads.map(({ size }) => size);
    await until('both are empty', () => sizes().every((size) => size === 0));
    const pairs = [await bench.pair(), await bench.pair(), await bench.pair(), await bench.pair()];
    assert.deepEqual(sizes(), [2, 2]);
    for (const { client, child } of pairs) {
      client.destroy();
      child.destroy();
    }
  });

  it('carries on when this process can open no more descriptors', async () => {
    const program = join(import.meta.dirname, 'no-descriptors.js');
    const command = `ulimit -n 200 && exec '${process.execPath}' '${program}'`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command]);
    assert.equal(
      stdout,
      'running pair: fine\nnew pair: fine\nlate clients: fine\nafter it: fine\n',
    );
  });
});

async function passes({ client, child }: Awaited<ReturnType<RelayBench['pair']>>): Promise<void> {
  client.write('ping');
  const [up] = await once(child.resume(), 'data');
  child.write('pong');
  const [down] = await once(client, 'data');
  assert.equal(`${up} ${down}`, 'ping pong');
  client.destroy();
  child.destroy();
}

describe('udp relay: native, its thread', () => {
  it('ends its sessions when it dies, and is replaced on the same port', async () => {
    const log: string[] = [];
    const strangers: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => log.push(line) });
    const onStranger = (datagram: Buffer) => strangers.push(datagram.toString());
    const options = { address: { port: 0 }, maxSessions: 2, idleMs: 60_000, onStranger };
    const before = readdirSync('/proc/self/fd').length;
    const relay = new NativeUdpRelay(options, logger, { cpu: 9999 });
    const session = relay.open({ ip: '127.0.0.1', port: 9 }, { ip: '127.0.0.1', port: 9 }, []);
    session?.move(null as unknown as UdpEndpoint);
    assert.equal(await session?.ended, 'destroyed');
    assert.match(log.join(''), /runs on any CPU/);
    assert.match(log.join(''), /UDP relay thread died/);
    const client = createSocket('udp4');
    await until('a stranger is seen again', () => {
      client.send('still there?', relay.port, '127.0.0.1');
      return strangers.length > 0;
    });
    client.close();
    await relay.close();
    await until('all is closed', () => readdirSync('/proc/self/fd').length <= before);
  });

  it('has the one that replaces it answer by the last settings', async () => {
    const module = new URL('./echo-answerer.js', import.meta.url).href;
    const relay = new NativeUdpRelay({
      address: { port: 0 },
      maxSessions: 2,
      idleMs: 60_000,
      answerer: { module, settings: { question: 'who?', answer: 'us' } },
      onStranger: () => {},
    });
    relay.answerBy({ question: 'who?', answer: 'now' });
    const session = relay.open({ ip: '127.0.0.1', port: 9 }, { ip: '127.0.0.1', port: 9 }, []);
    session?.move(null as unknown as UdpEndpoint);
    assert.equal(await session?.ended, 'destroyed');
    const client = createSocket('udp4');
    const answers: string[] = [];
    client.on('message', (answer) => answers.push(answer.toString()));
    await until('a stranger is answered', () => {
      client.send('who?', relay.port, '127.0.0.1');
      return answers.length > 0;
    });
    assert.equal(answers[0], 'now');
    client.close();
    await relay.close();
  });
});
