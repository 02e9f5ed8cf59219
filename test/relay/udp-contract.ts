import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { UdpEndpoint, UdpRelay, UdpRelayOptions, UdpSession } from '../../src/relay/udp.js';
import { until } from '../helpers/until.js';

const MAX_SESSIONS = 20;
const ANSWERER = new URL('./echo-answerer.js', import.meta.url).href;

/** A socket that keeps what it gets, in order, as text. */
class Party {
  readonly got: string[] = [];
  readonly from: UdpEndpoint[] = [];
  readonly socket: Socket = createSocket('udp4');

  static async open(): Promise<Party> {
    const party = new Party();
    party.socket.on('message', (datagram, { address, port }) => {
      party.got.push(datagram.toString());
      party.from.push({ ip: address, port });
    });
    party.socket.bind(0, '127.0.0.1');
    await once(party.socket, 'listening');
    return party;
  }

  get endpoint(): UdpEndpoint {
    const { address, port } = this.socket.address() as AddressInfo;
    return { ip: address, port };
  }

  send(text: string, to: UdpEndpoint | number): void {
    const { ip, port } = typeof to === 'number' ? { ip: '127.0.0.1', port: to } : to;
    this.socket.send(text, port, ip);
  }

  /** Sends again and again, as clients do, until it comes through. */
  async reach(text: string, port: number, other: Party): Promise<void> {
    await until(`${text} arrives`, () => {
      this.send(text, port);
      return other.got.includes(text);
    });
  }
}

/** Contract of every UDP relay. */
export function udpContract(
  name: string,
  open: (options: UdpRelayOptions) => Promise<UdpRelay>,
): void {
  describe(`udp relay: ${name}`, () => {
    const strangers: { readonly text: string; readonly from: UdpEndpoint }[] = [];
    const parties: Party[] = [];
    const sessions: UdpSession[] = [];
    let relay: UdpRelay;

    async function party(): Promise<Party> {
      const opened = await Party.open();
      parties.push(opened);
      return opened;
    }

    function join(client: Party, child: Party, first: readonly string[] = []): UdpSession {
      const bytes = first.map((text) => Buffer.from(text));
      const session = relay.open(client.endpoint, child.endpoint, bytes);
      assert.ok(session);
      sessions.push(session);
      return session;
    }

    before(async () => {
      relay = await open({
        address: { port: 0 },
        maxSessions: MAX_SESSIONS,
        idleMs: 3_600_000,
        onStranger: (datagram, { ip, port }) =>
          strangers.push({ text: datagram.toString(), from: { ip, port } }),
      });
    });
    afterEach(async () => {
      for (const session of sessions.splice(0)) {
        session.destroy();
        await session.ended;
      }
      for (const { socket } of parties.splice(0)) socket.close();
      strangers.length = 0;
    });
    after(() => relay.close());

    it('hands on what a stranger sends, and from where', async () => {
      const client = await party();
      client.send('who am I', relay.port);
      await until('the stranger is seen', () => strangers.length > 0);
      assert.deepEqual(strangers, [{ text: 'who am I', from: client.endpoint }]);
    });

    it('answers a stranger itself', async () => {
      const client = await party();
      relay.send(Buffer.from('go away'), client.endpoint);
      await until('the answer comes', () => client.got.length > 0);
      assert.deepEqual(client.from, [{ ip: '127.0.0.1', port: relay.port }]);
    });

    it('relays both ways, the first datagrams before the rest, and counts', async () => {
      const [client, child] = [await party(), await party()];
      const session = join(client, child, ['one', 'two']);
      await until('the first arrive', () => child.got.length === 2);
      client.send('three', relay.port);
      await until('the third arrives', () => child.got.length === 3);
      assert.deepEqual(child.got, ['one', 'two', 'three']);
      child.send('answer', child.from[0]!);
      await until('the answer arrives', () => client.got.length === 1);
      assert.deepEqual(client.from, [{ ip: '127.0.0.1', port: relay.port }]);
      assert.equal(session.bytesIn, 11);
      assert.equal(session.bytesOut, 6);
      assert.deepEqual(strangers, []);
    });

    it('keeps bursts in order', async () => {
      const [client, child] = [await party(), await party()];
      join(client, child, ['hello']);
      await until('the session is up', () => child.got.length === 1);
      for (let round = 0; round < 20; round += 1) {
        const texts = Array.from({ length: 40 }, (_, i) => `${round} ${i}`);
        for (const text of texts) client.send(text, relay.port);
        await until('the burst arrives', () => child.got.at(-1) === texts.at(-1));
        for (const text of texts) child.send(text, child.from[0]!);
        await until('the answers arrive', () => client.got.at(-1) === texts.at(-1));
      }
      assert.equal(child.got.length, 801);
      assert.deepEqual(client.got, child.got.slice(1));
    });

    it('carries one at a time, then many, then one at a time again', async () => {
      const [client, child] = [await party(), await party()];
      join(client, child, ['hello']);
      await until('the session is up', () => child.got.length === 1);
      const sent: string[] = [];
      for (const [round, count] of [1, 1, 1, 90, 1, 2, 90, 1, 1].entries()) {
        const texts = Array.from({ length: count }, (_, i) => `${round} ${i}`);
        for (const text of texts) child.send(text, child.from[0]!);
        sent.push(...texts);
        await until('they arrive', () => client.got.length === sent.length);
      }
      assert.deepEqual(client.got, sent);
    });

    it('carries single datagrams of any size, none at all too', async () => {
      const [client, child] = [await party(), await party()];
      join(client, child, ['hello']);
      await until('the session is up', () => child.got.length === 1);
      const texts = [1, 0, 60_000, 1200, 0].map((size) => 'x'.repeat(size));
      for (const [i, text] of texts.entries()) {
        client.send(text, relay.port);
        await until('it arrives', () => child.got.length === i + 2);
        child.send(text, child.from[0]!);
        await until('its answer arrives', () => client.got.length === i + 1);
      }
      assert.deepEqual(client.got, texts);
      assert.deepEqual(child.got.slice(1), texts);
    });

    it('carries datagrams of any size, and of many sizes in a row', async () => {
      const [client, child] = [await party(), await party()];
      join(client, child, ['hello']);
      await until('the session is up', () => child.got.length === 1);
      const sizes = [60_000, 9000, 1400, 1400, 1400, 700, 1400, 1, 1401, 2049, 2048, 2048];
      const texts = sizes.map((size, i) => String.fromCharCode(97 + i).repeat(size));
      for (const text of texts) client.send(text, relay.port);
      await until('all arrive', () => child.got.length === 1 + texts.length);
      for (const text of texts) child.send(text, child.from[0]!);
      await until('all come back', () => client.got.length === texts.length);
      assert.deepEqual(child.got.slice(1), texts);
      assert.deepEqual(client.got, texts);
    });

    it('keeps sessions apart', async () => {
      const child = await party();
      const clients = await Promise.all(Array.from({ length: 10 }, party));
      for (const [i, client] of clients.entries()) join(client, child, [`${i}`]);
      await until('all have arrived', () => child.got.length === clients.length);
      for (const [i, text] of child.got.entries()) child.send(`to ${text}`, child.from[i]!);
      await until('all are answered', () => clients.every(({ got }) => got.length === 1));
      for (const [i, { got }] of clients.entries()) assert.deepEqual(got, [`to ${i}`]);
    });

    it('follows a client to its new address', async () => {
      const [client, child, moved] = [await party(), await party(), await party()];
      const session = join(client, child, ['here']);
      await until('the session is up', () => child.got.length === 1);
      session.move(moved.endpoint);
      await moved.reach('there', relay.port, child);
      assert.deepEqual(child.from.at(-1), child.from[0]);
      child.send('found', child.from[0]!);
      await until('the answer follows', () => moved.got.length === 1);
      strangers.length = 0;
      client.send('left behind', relay.port);
      await until('the old address is a stranger', () => strangers.length > 0);
      assert.equal(client.got.length, 0);
    });

    it('opens no more sessions than it may', async () => {
      const child = await party();
      const clients = await Promise.all(Array.from({ length: MAX_SESSIONS }, party));
      for (const client of clients) join(client, child);
      const late = await party();
      assert.equal(relay.open(late.endpoint, child.endpoint, []), null);
      sessions[0]!.destroy();
      assert.equal(await sessions[0]!.ended, 'destroyed');
      join(late, child, ['in']);
      await until('there is room again', () => child.got.includes('in'));
    });

    it('ends a session whose child is gone', async () => {
      const [client, child] = [await party(), await party()];
      const session = join(client, child, ['hello']);
      await until('the session is up', () => child.got.length === 1);
      child.socket.close();
      parties.splice(parties.indexOf(child), 1);
      await until('the client goes on sending', async () => {
        client.send('anybody?', relay.port);
        return Promise.race([session.ended, new Promise((resolve) => setTimeout(resolve, 20))]);
      });
      assert.equal(await session.ended, 'child-gone');
    });

    it('ends a session that is silent', async () => {
      const [client, child] = [await party(), await party()];
      const options = { address: { host: '127.0.0.1', port: 0 }, maxSessions: 1, idleMs: 50 };
      const short = await open({ ...options, onStranger: () => {} });
      const session = short.open(client.endpoint, child.endpoint, [Buffer.from('x')]);
      assert.equal(await session?.ended, 'idle');
      assert.ok(short.open(client.endpoint, child.endpoint, []));
      await short.close();
    });

    describe('with tags and farewells', () => {
      const TAG_AT = 4;
      let tagged: UdpRelay;

      /** `BYE ` is the farewell; then the tag, then whatever. */
      const datagram = (tag: number, text: string, start = 'DATA') => {
        const bytes = Buffer.alloc(8);
        bytes.write(start, 'latin1');
        bytes.writeUInt32BE(tag, TAG_AT);
        return Buffer.concat([bytes, Buffer.from(text)]).toString('latin1');
      };
      const heard: string[] = [];

      beforeEach(async () => {
        heard.length = 0;
        tagged = await open({
          address: { host: '127.0.0.1', port: 0 },
          maxSessions: MAX_SESSIONS,
          idleMs: 3_600_000,
          tagAt: TAG_AT,
          farewell: Buffer.from('BY').readUInt16BE(),
          onStranger: (bytes, from) => strangers.push({ text: bytes.toString('latin1'), from }),
        });
      });
      afterEach(() => tagged.close());

      it('keeps the sessions of one address apart', async () => {
        const [client, one, two] = [await party(), await party(), await party()];
        tagged.open({ ...client.endpoint, tag: 1 }, one.endpoint, []);
        tagged.open({ ...client.endpoint, tag: 2 }, two.endpoint, []);
        for (const text of ['a', 'b', 'c']) {
          for (const tag of [1, 2, 3]) client.send(datagram(tag, text), tagged.port);
        }
        await until('all have arrived', () => one.got.length + two.got.length === 6);
        assert.deepEqual(
          one.got,
          ['a', 'b', 'c'].map((text) => datagram(1, text)),
        );
        assert.deepEqual(
          two.got,
          ['a', 'b', 'c'].map((text) => datagram(2, text)),
        );
        await until('the third is a stranger', () => strangers.length === 3);
        client.send('short', tagged.port);
        await until('what has no tag is a stranger', () => strangers.length === 4);
      });

      it('holds a session until its client is let in', async () => {
        const [client, child] = [await party(), await party()];
        const session = tagged.open(client.endpoint, child.endpoint, [Buffer.from('hello')], {
          heard: (bytes) => heard.push(bytes.toString()),
        });
        assert.ok(session);
        await until('the child is told', () => child.got.length === 1);
        child.send('welcome', child.from[0]!);
        await until('we hear the child', () => heard.length === 1);
        session.send(Buffer.from('thanks'));
        await until('the child is told more', () => child.got.length === 2);
        client.send(datagram(7, 'too early'), tagged.port);
        await until('the client is a stranger', () => strangers.length === 1);
        session.move({ ...client.endpoint, tag: 7 });
        await until('the client is let in', () => {
          client.send(datagram(7, 'now'), tagged.port);
          return child.got.includes(datagram(7, 'now'));
        });
        child.send('for the client', child.from[0]!);
        await until('the child reaches the client', () => client.got.length === 1);
        assert.deepEqual(client.got, ['for the client']);
        assert.deepEqual(heard, ['welcome']);
        assert.equal(new Set(child.from.map(({ port }) => port)).size, 1);
      });

      it('ends a session with a farewell of either side, and hands it on', async () => {
        const [client, child] = [await party(), await party()];
        const first = tagged.open({ ...client.endpoint, tag: 1 }, child.endpoint, []);
        client.send(datagram(1, '', 'BYE!'), tagged.port);
        assert.equal(await first?.ended, 'farewell');
        await until('the child is told', () => child.got.length === 1);
        const hello = [Buffer.from('hello')];
        const second = tagged.open({ ...client.endpoint, tag: 1 }, child.endpoint, hello);
        await until('the next is up', () => child.got.length === 2);
        child.send('BYE', child.from[1]!);
        assert.equal(await second?.ended, 'farewell');
        await until('the client is told', () => client.got.length === 1);
      });

      it('hands on what is checked and does not hold the mark of its session', async () => {
        const [client, child] = [await party(), await party()];
        const relay = await open({
          address: { host: '127.0.0.1', port: 0 },
          maxSessions: MAX_SESSIONS,
          idleMs: 3_600_000,
          checkedBelow: 'D'.charCodeAt(0),
          onStranger: (bytes, from) => strangers.push({ text: bytes.toString(), from }),
        });
        try {
          const options = { mark: Buffer.from('mine') };
          relay.open(client.endpoint, child.endpoint, [Buffer.from('hello')], options);
          await until('the session is up', () => child.got.length === 1);
          const texts = ['Data', 'Check mine', 'Check yours', 'Data', 'Check', 'Data'];
          for (const text of texts) client.send(text, relay.port);
          await until('all have arrived', () => child.got.length + strangers.length === 7);
          assert.deepEqual(child.got.slice(1), ['Data', 'Check mine', 'Data', 'Data']);
          assert.deepEqual(
            strangers.map(({ text }) => text),
            ['Check yours', 'Check'],
          );
        } finally {
          await relay.close();
        }
      });

      it('speaks to the child from the address that it is given', async () => {
        const [client, child] = [await party(), await party()];
        for (const [tag, from] of ['127.9.8.7', '192.0.2.1'].entries()) {
          const hello = [Buffer.from('hello')];
          assert.ok(tagged.open({ ...client.endpoint, tag }, child.endpoint, hello, { from }));
          await until('the child is told', () => child.got.length === tag + 1);
        }
        // The second is none of this machine's.
        const expected = process.platform === 'linux' ? '127.9.8.7' : '127.0.0.1';
        assert.deepEqual(
          child.from.map(({ ip }) => ip),
          [expected, '127.0.0.1'],
        );
      });
    });

    describe('with an answerer', () => {
      let answering: UdpRelay;

      beforeEach(async () => {
        answering = await open({
          address: { host: '127.0.0.1', port: 0 },
          maxSessions: MAX_SESSIONS,
          idleMs: 3_600_000,
          answerer: { module: ANSWERER, settings: { question: 'who?', answer: 'us' } },
          onStranger: (bytes, from) => strangers.push({ text: bytes.toString(), from }),
        });
      });
      afterEach(() => answering.close());

      it('has it answer strangers, and reports what it does not answer', async () => {
        const clients = await Promise.all(Array.from({ length: 10 }, party));
        for (const [i, client] of clients.entries()) {
          for (let count = 0; count <= i; count += 1) client.send('who?', answering.port);
          client.send(`I am ${i}`, answering.port);
        }
        await until('all are answered', () => clients.every(({ got }, i) => got.length === i + 1));
        await until('all are heard', () => strangers.length === clients.length);
        for (const { got, from } of clients) {
          assert.deepEqual(new Set(got), new Set(['us']));
          assert.ok(from.every(({ port }) => port === answering.port));
        }
        assert.deepEqual(
          strangers.map(({ text }) => text).sort(),
          clients.map((_, i) => `I am ${i}`),
        );
      });

      it('answers strangers only', async () => {
        const [client, child, stranger] = [await party(), await party(), await party()];
        client.send('hello', answering.port);
        await until('it is heard', () => strangers.length === 1);
        answering.open(client.endpoint, child.endpoint, [Buffer.from('hello')]);
        await until('the session is up', () => child.got.length === 1);
        for (let count = 0; count < 40; count += 1) {
          client.send('who?', answering.port);
          stranger.send('who?', answering.port);
        }
        await until('all have come to where they belong', () => {
          return child.got.length === 41 && stranger.got.length === 40;
        });
        assert.deepEqual(client.got, []);
      });

      it('goes by other settings from then on', async () => {
        const client = await party();
        answering.answerBy({ question: 'and you?', answer: 'we, too' });
        await until('it is answered so', () => {
          client.send('and you?', answering.port);
          return client.got.includes('we, too');
        });
        strangers.length = 0;
        client.send('who?', answering.port);
        await until('the old question is a stranger’s', () => strangers.length > 0);
        assert.deepEqual(new Set(client.got), new Set(['we, too']));
      });

      it('never sends more than came', async () => {
        const client = await party();
        answering.answerBy({ question: '', answer: 'much' });
        await until('as much is sent', () => {
          client.send('much', answering.port);
          return client.got.length > 0;
        });
        strangers.length = 0;
        client.send('few', answering.port);
        await until('it is reported', () => strangers.length > 0);
        assert.deepEqual(new Set(strangers.map(({ text }) => text)), new Set(['few']));
        assert.deepEqual(new Set(client.got), new Set(['much']));
      });
    });

    it('leaves no descriptor behind', async () => {
      const [client, child] = [await party(), await party()];
      const before = readdirSync('/proc/self/fd').length;
      for (let i = 0; i < 100; i += 1) {
        const session = join(client, child, ['x']);
        session.destroy();
        assert.equal(await session.ended, 'destroyed');
      }
      await until(
        'descriptors back to where they were',
        () => readdirSync('/proc/self/fd').length <= before,
      );
    });
  });
}
