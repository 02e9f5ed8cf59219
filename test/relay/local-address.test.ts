/** A machine has several addresses: a client hears the one that it sends to. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { silentLogger } from '../../src/logging/logger.js';
import { NativeUdpRelay } from '../../src/relay/native/udp.js';
import { NativeUdpGroup } from '../../src/relay/native/udp-group.js';
import type { UdpEndpoint, UdpRelay, UdpRelayOptions } from '../../src/relay/udp.js';
import { freePort } from '../helpers/ports.js';
import { until } from '../helpers/until.js';

const HERE = '127.0.0.1';
const OURS = '127.0.0.7';
const OTHER = '127.0.0.8';
const ANSWERER = new URL('./echo-answerer.js', import.meta.url).href;

type Open = (options: UdpRelayOptions) => Promise<UdpRelay>;

const KINDS: Readonly<Record<string, Open>> = {
  'one thread': async (options) => new NativeUdpRelay(options),
  'three threads': (options) => NativeUdpGroup.open(options, silentLogger, [null, null, null]),
};

/** A connected socket, which hears nobody but the address that it sends to. */
class Client {
  readonly got: string[] = [];
  readonly socket: Socket = createSocket('udp4');

  static async to(ip: string, port: number): Promise<Client> {
    const client = new Client();
    client.socket.on('message', (datagram) => client.got.push(datagram.toString()));
    // A port that the kernel has chosen is lost with the connection.
    client.socket.bind(await freePort(), HERE);
    await once(client.socket, 'listening');
    await client.turnTo(ip, port);
    return client;
  }

  async turnTo(ip: string, port: number): Promise<void> {
    this.socket.connect(port, ip);
    await once(this.socket, 'connect');
  }

  /** Sends again and again until `isDone`. */
  async say(text: string, isDone: () => boolean): Promise<void> {
    await until(`${text} has its effect`, () => {
      this.socket.send(text);
      return isDone();
    });
  }
}

for (const [kind, open] of Object.entries(KINDS)) {
  for (const host of [undefined, '0.0.0.0']) {
    describe(`udp relay at every address: ${kind}, ${host ?? '::'}`, () => {
      const strangers: UdpEndpoint[] = [];
      let relay: UdpRelay;
      let client: Client;

      before(async () => {
        relay = await open({
          address: host === undefined ? { port: 0 } : { host, port: 0 },
          maxSessions: 4,
          idleMs: 60_000,
          answerer: { module: ANSWERER, settings: { question: 'who', answer: 'me' } },
          onStranger: (_datagram, from) => strangers.push(from),
        });
        client = await Client.to(OURS, relay.port);
      });
      after(async () => {
        client.socket.close();
        await relay.close();
      });

      it('answers from there', () => client.say('who are you', () => client.got.includes('me')));

      it('tells it of strangers, and sends from there', async () => {
        await client.say('stranger', () => strangers.length > 0);
        const [from] = strangers;
        assert.ok(from);
        assert.deepEqual(from, {
          ip: HERE,
          port: client.socket.address().port,
          local: OURS,
        });
        await until('it is heard', () => {
          relay.send(Buffer.from('of our own'), from);
          return client.got.includes('of our own');
        });
      });

      it('relays from there, one by one and in a row, and follows the client', async () => {
        const child = createSocket('udp4');
        child.bind(0, HERE);
        await once(child, 'listening');
        const heard: { text: string; port: number }[] = [];
        child.on('message', (datagram, { port }) => heard.push({ text: `${datagram}`, port }));
        const [from] = strangers;
        assert.ok(from);
        const session = relay.open(from, { ip: HERE, port: child.address().port }, []);
        assert.ok(session);
        const hears = (text: string) => heard.some((one) => one.text === text);
        const isBack = (text: string) => {
          const { port } = heard.at(-1) ?? { port: 0 };
          for (let i = 0; i < 9; i += 1) child.send(`${text} ${i}`, port, HERE);
          return () => Array.from({ length: 9 }, (_, i) => `${text} ${i}`).every(gets);
        };
        const gets = (text: string) => client.got.includes(text);
        await client.say('media', () => hears('media'));
        await until('the child is heard', isBack('row'));
        client.socket.disconnect();
        await client.turnTo(OTHER, relay.port);
        await client.say('moved', () => hears('moved'));
        await until('the child is heard there', isBack('new row'));
        session.destroy();
        await session.ended;
        child.close();
      });
    });
  }
}
