import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { noCounters } from '../../../src/listener/counters.js';
import type { SrtListenerParts } from '../../../src/listener/srt/listener.js';
import { parseExtensions, parseStreamIdExtension } from '../../../src/protocol/srt/extensions.js';
import { CONCLUSION, INDUCTION } from '../../../src/protocol/srt/handshake.js';
import { shutdown, timestampOf } from '../../../src/protocol/srt/packet.js';
import { recordLog } from '../../helpers/log-lines.js';
import {
  changed,
  conclusion,
  data,
  read,
  type SrtCaller,
  SrtChild,
  SrtParty,
} from '../../helpers/srt-caller.js';
import { until } from '../../helpers/until.js';
import { SrtRig } from './rig.js';

const PUBLISH = '#!::r=live/cam,m=publish';
/** For who shall wait for a child, however busy the machine is. */
const A_LONG_TIME = 600_000;

/** A UDP port that somebody has just left. */
async function nobodysPort(): Promise<number> {
  const party = await new SrtParty().open();
  const { port } = party;
  await party.close();
  return port;
}

/** The stream ids that a child was asked for, each once. */
function idsOf(child: SrtChild | undefined): string[] {
  const ids = (child?.conclusions ?? []).map((packet) => {
    const blocks = parseExtensions(packet);
    const name = blocks.kind === 'value' ? parseStreamIdExtension(blocks.value) : blocks;
    return name.kind === 'value' ? String(name.value) : name.kind;
  });
  return [...new Set(ids)];
}

for (const engine of ['portable', 'native', 'threads'] as const) {
  describe(`SRT listener over the ${engine} relay`, () => {
    let rig: SrtRig;
    let lastId = 1000;

    async function open(
      { children = 1, encryption = 0 } = {},
      options: Partial<SrtListenerParts> = {},
      limits = { connections: 1000, connectionsPerIp: 0 },
    ): Promise<void> {
      rig = new SrtRig(engine, options, limits);
      await rig.start({ children, encryption });
    }

    /**
     * Resolves with whether a caller is answered without the listener. It has an id of its own,
     * because earlier answers may be late.
     */
    async function relayAnswers(caller: SrtCaller): Promise<boolean> {
      const own = ++lastId;
      await caller.induce(own);
      return rig.shaken.every(({ id }) => id !== own);
    }

    afterEach(() => rig.close());

    it('relays a caller to the child of its stream, and ends with it', async () => {
      await open();
      const [child] = rig.children;
      const caller = await rig.caller();
      const answer = await caller.call(77, PUBLISH);
      assert.equal(answer.type, CONCLUSION);
      assert.equal(answer.cookie, caller.handshakes(INDUCTION)[0]?.cookie);
      assert.deepEqual(rig.asked, ['publish __defaultVhost__/live/cam']);
      caller.send(data(answer.id, 'up'));
      await until('media arrives', () => child!.dataFor(answer.id).includes('up'));
      child!.reply(data(77, 'down'));
      await until('media comes back', () => caller.dataFor(77).includes('down'));
      const [row] = await rig.listener.rows();
      assert.equal(row?.client, `127.0.0.1:${caller.port}`);
      assert.equal(row?.child, 'c001');
      assert.equal(row?.role, 'publish');
      assert.equal(row?.alias, child!.caller?.address);
      const holder = await rig.listener.holderOf(row?.alias ?? '');
      assert.deepEqual(holder, { id: row?.id, client: row?.client });
      caller.hangUp(answer.id);
      await until('the child is told', () => child!.isShut(answer.id));
      await rig.empties();
      assert.equal(rig.released, 1);
      assert.equal(rig.listener.counters.relayed, 1);
    });

    it('sends the child what the caller sent, but for the cookie', async () => {
      await open();
      const caller = await rig.caller();
      await caller.call(5, PUBLISH);
      const seen = rig.children[0]!.conclusions[0]!;
      const expected = conclusion(PUBLISH, { id: 5, sequence: 5, cookie: read(seen).cookie });
      assert.ok(timestampOf(seen) >= timestampOf(expected));
      seen.copy(expected, 8, 8, 12);
      assert.deepEqual(seen, expected);
    });

    it('advertises the key length of the children', async () => {
      await open({ encryption: 2 });
      const caller = await rig.caller();
      await until('it is advertised', async () => {
        caller.got.length = 0;
        return (await caller.induce(1)).encryption === 2;
      });
      rig.children[0]!.encryption = 4;
      await caller.call(2, PUBLISH);
      await until('a new one is advertised', async () => {
        caller.got.length = 0;
        return (await caller.induce(3)).encryption === 4;
      });
    });

    it('has the relay answer who only asks, with cookies that it believes', async () => {
      await open();
      const caller = await rig.caller();
      await until('the relay answers', () => relayAnswers(caller));
      assert.equal((await caller.call(2, PUBLISH)).type, CONCLUSION);
      assert.ok(rig.shaken.every(({ id, type }) => id !== 2 || type === CONCLUSION));
    });

    it('answers itself until a child has told the key length', async () => {
      await open({ children: 0 });
      const caller = await rig.caller();
      assert.equal((await caller.induce(1)).encryption, 0);
      assert.ok(!(await relayAnswers(caller)));
      const child = await new SrtChild().open();
      child.encryption = 2;
      rig.children.push(child);
      rig.route = child.port;
      await until('the relay answers', () => relayAnswers(caller));
      assert.equal((await caller.induce(2)).encryption, 2);
    });

    it('repeats what is lost, and begins nothing twice', async () => {
      await open();
      const [child] = rig.children;
      const caller = await rig.caller();
      const { cookie } = await caller.induce(9);
      child!.deafFor = 2;
      const packet = conclusion(PUBLISH, { id: 9, cookie });
      for (let count = 0; count < 5; count += 1) caller.send(packet);
      const answer = await until('it is answered', () => caller.answerTo(9));
      caller.got.length = 0;
      await until('the answer is repeated', () => {
        caller.send(packet);
        return caller.handshakes(CONCLUSION).length > 2;
      });
      assert.ok(caller.handshakes(CONCLUSION).every(({ id }) => id === answer.id));
      assert.equal(child!.sessions, 1);
      assert.equal(rig.listener.connections.size, 1);
      caller.hangUp(answer.id);
      await rig.empties();
      // Out of order: behind the end.
      for (let count = 0; count < 5; count += 1) caller.send(packet);
      await caller.induce(10);
      assert.equal(child!.sessions, 1);
      assert.equal(rig.listener.connections.size, 0);
    });

    it('takes a new connection of a socket id for what it is', async () => {
      await open();
      const caller = await rig.caller();
      const first = await caller.call(9, PUBLISH, { sequence: 1 });
      await caller.call(9, PUBLISH, { sequence: 2 });
      await until('the second has a child', () =>
        caller.handshakes(CONCLUSION).some(({ id }) => id !== first.id),
      );
      await until('the first is over', () => rig.listener.connections.size === 1);
      await until('its child knows', () => rig.children[0]!.isShut(first.id));
    });

    it('believes no cookie but its own', async () => {
      await open();
      const [caller, other] = [await rig.caller(), await rig.caller()];
      const { cookie } = await other.induce(3);
      for (const wrong of [0, 1, cookie]) {
        caller.send(conclusion(PUBLISH, { id: 3, cookie: wrong }));
      }
      await caller.induce(4);
      assert.equal(caller.answerTo(3), undefined);
      assert.equal(rig.listener.counters.accepted, 0);
    });

    it('refuses with the reason', async () => {
      await open({}, { vhosts: () => ['my.com'] });
      const caller = await rig.caller();
      const wanted = '#!::h=my.com,r=live/s';
      assert.equal((await caller.call(1, '#!::m=publish')).type, 2400);
      assert.equal((await caller.call(2, 'live/s')).type, 2003);
      assert.equal((await caller.call(3, wanted, { version: 6 })).type, 1008);
      assert.equal((await caller.call(4, wanted, { version: 4 })).type, 1004);
      rig.children[0]!.answer = 1010;
      assert.equal((await caller.call(5, wanted)).type, 1010);
      rig.route = null;
      assert.equal((await caller.call(6, wanted)).type, 2503);
      await rig.empties();
      const { failed } = rig.listener.counters;
      const none = noCounters().failed;
      assert.deepEqual(failed, { ...none, invalid: 4, 'no-child': 1, child: 1 });
    });

    it('logs a refused caller with its stream id', async () => {
      // The tests before this one may have used up the limit of lines at info.
      const { logger, lines } = recordLog('debug');
      await open({}, { logger });
      const caller = await rig.caller();
      await caller.call(1, '#!::bmd_name=Presenter\x1b[2J');
      await rig.empties();
      const refused = lines.filter(({ msg }) => msg === 'srt caller refused');
      assert.equal(refused.length, 1);
      const { id: _, client, withheld: __, ...line } = refused[0] ?? {};
      assert.match(String(client), /^127\.0\.0\.1:\d+$/);
      assert.deepEqual(line, {
        ...{ stream: null, streamId: '#!::bmd_name=Presenter\\u{1b}[2J', failure: 'invalid' },
        ...{ err: 'control character in the stream id', msg: 'srt caller refused' },
      });
    });

    it('repeats a refusal without asking anew', async () => {
      await open();
      rig.route = null;
      const caller = await rig.caller();
      await caller.call(1, PUBLISH);
      caller.got.length = 0;
      await caller.call(1, PUBLISH);
      assert.equal(rig.listener.counters.accepted, 1);
    });

    it('refuses a caller that names no stream, and says which key would let it in', async () => {
      const { logger, lines } = recordLog('debug');
      await open({}, { logger });
      const caller = await rig.caller();
      for (const [id, asked] of ['', '#!::bmd_uuid=1,bmd_name=Presenter', '#!::'].entries()) {
        assert.equal((await caller.call(id + 1, asked)).type, 2400);
      }
      assert.deepEqual(rig.asked, []);
      const refused = lines.find(({ msg }) => msg === 'srt caller refused');
      assert.match(String(refused?.err), /names no stream \(srt\.defaultMode: refuse\)$/);
    });

    it('serves a caller that names no stream by the default, if there is one', async () => {
      await open({}, { defaultStreamId: { path: 'live/encoder', role: 'play' } });
      const caller = await rig.caller();
      for (const [id, asked] of ['', '#!::bmd_uuid=1,bmd_name=Presenter'].entries()) {
        assert.equal((await caller.call(id + 1, asked)).type, CONCLUSION);
      }
      const wanted = 'play __defaultVhost__/live/encoder';
      assert.deepEqual(rig.asked, [wanted, wanted]);
      assert.deepEqual(idsOf(rig.children[0]), ['#!::r=live/encoder,m=request']);
    });

    it('decodes a percent-encoded stream id, for the child as well', async () => {
      await open();
      const caller = await rig.caller();
      await caller.call(1, '%23!::r=live/s,m=publish');
      await caller.call(2, '%23%21%3A%3Ar%3Dlive%2Ft%2Cm%3Dpublish');
      await caller.call(3, 'live/100%');
      assert.deepEqual(rig.asked, [
        'publish __defaultVhost__/live/s',
        'publish __defaultVhost__/live/t',
        'play __defaultVhost__/live/100%',
      ]);
      assert.deepEqual(idsOf(rig.children[0]), [
        '#!::r=live/s,m=publish',
        '#!::r=live/t,m=publish',
        'live/100%',
      ]);
    });

    it('serves a version 4 caller as one without a stream id', async () => {
      await open({}, { defaultStreamId: { path: 'live/livestream', role: 'publish' } });
      const caller = await rig.caller();
      await caller.call(1, '', { version: 4, extension: 2 });
      assert.deepEqual(rig.asked, ['publish __defaultVhost__/live/livestream']);
    });

    it('keeps to its limits', async () => {
      await open({}, {}, { connections: 1000, connectionsPerIp: 1 });
      const caller = await rig.caller();
      assert.equal((await caller.call(1, PUBLISH)).type, CONCLUSION);
      assert.equal((await caller.call(2, PUBLISH)).type, 2402);
      assert.ok(rig.listener.counters.refusedBy.connectionsPerIp > 0);
    });

    it('keeps the connections of one address and port apart', async () => {
      await open({ children: 2 });
      const [one, two] = rig.children;
      const caller = await rig.caller();
      const first = await caller.call(1, PUBLISH);
      rig.route = two!.port;
      two!.nextId = 0x2000;
      const second = await caller.call(2, '#!::r=live/other,m=publish');
      for (const { id } of [first, second]) caller.send(data(id, `to ${id}`));
      await until('the first arrives', () => one!.dataFor(first.id).length === 1);
      await until('the second arrives', () => two!.dataFor(second.id).length === 1);
      caller.hangUp(first.id);
      await until('the first is over', () => rig.listener.connections.size === 1);
      caller.send(data(second.id, 'still here'));
      await until('the second goes on', () => two!.dataFor(second.id).includes('still here'));
    });

    it('lets no two connections of an address share a socket id', async () => {
      await open({ children: 2 });
      const [one, two] = rig.children;
      const caller = await rig.caller();
      const first = await caller.call(1, PUBLISH);
      rig.route = two!.port;
      two!.nextId = first.id;
      const second = await caller.call(2, PUBLISH);
      assert.equal(second.type, CONCLUSION);
      assert.notEqual(second.id, first.id);
      caller.send(data(first.id, 'mine'));
      await until('the first is where it was', () => one!.dataFor(first.id).includes('mine'));
    });

    it('waits for a silent child without holding up anybody else', async () => {
      await open({ children: 2 }, { childAnswerMs: A_LONG_TIME });
      const [silent, other] = rig.children;
      silent!.deafFor = Number.POSITIVE_INFINITY;
      const caller = await rig.caller();
      const waiting = caller.call(1, PUBLISH);
      await until('the first is under way', () => rig.asked.length === 1);
      rig.route = other!.port;
      assert.equal((await caller.call(2, PUBLISH)).type, CONCLUSION);
      assert.equal(caller.answerTo(1), undefined);
      silent!.deafFor = 0;
      assert.equal((await waiting).type, CONCLUSION);
    });

    it('refuses whose child says nothing', async () => {
      await open({}, { childAnswerMs: 50 });
      rig.children[0]!.deafFor = Number.POSITIVE_INFINITY;
      const caller = await rig.caller();
      assert.equal((await caller.call(1, PUBLISH)).type, 2502);
    });

    it('takes a hundred callers at once, on three children', async () => {
      await open({ children: 3 }, { childAnswerMs: A_LONG_TIME });
      const callers = await Promise.all(Array.from({ length: 100 }, () => rig.caller()));
      const calls = callers.map(async (caller, index) => {
        rig.route = rig.children[index % 3]!.port;
        return caller.call(index + 1, `#!::r=live/${index},m=publish`);
      });
      const answers = await Promise.all(calls);
      assert.ok(answers.every(({ type }) => type === CONCLUSION));
      const heard = (index: number) => {
        const { id } = answers[index]!;
        return rig.children.some((child) => child.dataFor(id).includes(`from ${index}`));
      };
      await until('all are heard', () => {
        const silent = callers.map((_, index) => index).filter((index) => !heard(index));
        for (const index of silent) {
          callers[index]!.send(data(answers[index]!.id, `from ${index}`));
        }
        return silent.length === 0;
      });
      assert.equal(rig.listener.connections.size, 100);
    });

    it('takes any conclusion with a good cookie, and is well after it', async () => {
      await open();
      const caller = await rig.caller();
      const { cookie } = await caller.induce(1);
      const whole = conclusion(PUBLISH, { id: 1, cookie });
      fc.assert(
        fc.property(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 }), (place, bytes) => {
          const packet = Buffer.from(whole);
          packet.set(bytes, 16 + (place % (packet.length - 24)));
          caller.send(changed(packet.subarray(0, 64 + (place % 60)), { cookie }));
        }),
        { numRuns: 200, seed: 1 },
      );
      const other = await rig.caller();
      assert.equal((await other.call(2, PUBLISH)).type, CONCLUSION);
    });

    it('tries again where a child has just gone', async () => {
      await open();
      rig.route = await nobodysPort();
      const caller = await rig.caller();
      const called = caller.call(1, PUBLISH);
      await until('the dead child is tried', () => rig.asked.length > 0);
      rig.route = rig.children[0]!.port;
      assert.equal((await called).type, CONCLUSION);
    });

    it('tells callers when their child is gone, and hands on what a child says', async () => {
      await open({ children: 2 });
      const [one, two] = rig.children;
      const caller = await rig.caller();
      const first = await caller.call(1, PUBLISH);
      rig.route = two!.port;
      two!.nextId = 0x2000;
      const second = await caller.call(2, PUBLISH);
      rig.listener.endOf({ id: 'c001', generation: 1 }, 'it has died');
      await until('the caller is told', () => caller.isShut(1));
      await until('the child is told', () => one!.isShut(first.id));
      assert.ok(!caller.isShut(2));
      two!.reply(shutdown(2));
      await until('the child hangs up', () => caller.isShut(2));
      await rig.empties();
      assert.ok(!two!.isShut(second.id));
    });

    it('tells everybody when it closes', async () => {
      await open();
      const caller = await rig.caller();
      const { id } = await caller.call(1, PUBLISH);
      await rig.listener.close();
      await until('both are told', () => caller.isShut(1) && rig.children[0]!.isShut(id));
      assert.equal(rig.listener.address(), null);
    });

    it('follows a caller to another port, once it is silent on its own', async () => {
      await open();
      const [child] = rig.children;
      const [caller, moved] = [await rig.caller(), await rig.caller()];
      const thief = await rig.caller('127.0.0.2');
      const { id } = await caller.call(1, PUBLISH);
      await until('the caller is followed', () => {
        thief.send(data(id, 'stolen'));
        moved.send(data(id, 'moved'));
        return child!.dataFor(id).length > 0;
      });
      assert.deepEqual([...new Set(child!.dataFor(id))], ['moved']);
      child!.reply(data(1, 'found'));
      await until('the child reaches it there', () => moved.dataFor(1).includes('found'));
      assert.equal((await rig.listener.rows())[0]?.client, `127.0.0.1:${moved.port}`);
      // It was not the caller after all: that one is back at once.
      await until('the caller has its own again', () => {
        caller.send(data(id, 'mine'));
        return child!.dataFor(id).includes('mine');
      });
      child!.reply(data(1, 'yours'));
      await until('and hears the child', () => caller.dataFor(1).includes('yours'));
      assert.ok(!moved.dataFor(1).includes('yours'));
    });
  });
}
