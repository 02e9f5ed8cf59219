import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Moves, type MovingLink } from '../../../src/listener/srt/moves.js';
import type { UdpEndpoint } from '../../../src/relay/udp.js';
import { data } from '../../helpers/srt-caller.js';

const CHILD_ID = 0x1234;

describe('callers that move', () => {
  let moves: Moves;
  let at: UdpEndpoint;
  let bytesIn: number;
  let link: MovingLink;
  let early: Buffer[];

  beforeEach(() => {
    moves = new Moves();
    bytesIn = 100;
    early = [];
    link = linkAt({ ip: '192.0.2.1', port: 1000 });
    at = link.client;
    moves.add(link, (client) => {
      at = client;
    });
  });

  function linkAt(client: UdpEndpoint): MovingLink {
    const made = {
      ids: { client: 1, child: CHILD_ID },
      client,
      get bytesIn() {
        return bytesIn;
      },
      moveTo(next: UdpEndpoint) {
        made.client = next;
      },
      hear(packet: Buffer) {
        early.push(packet);
      },
    };
    return made;
  }

  function hear(port: number, ...times: number[]): void {
    for (const now of times) moves.heard(data(CHILD_ID, 'x'), { ip: '192.0.2.1', port }, now);
  }

  it('are heard where they are before the relay knows of them', () => {
    hear(1000, 0);
    assert.deepEqual(early, [data(CHILD_ID, 'x')]);
  });

  it('are followed by way of another box, and back', () => {
    moves = new Moves((ip) => ip.startsWith('10.'));
    moves.add(link, (client) => {
      at = client;
    });
    const box = { ip: '10.0.0.2', port: 7 };
    const stranger = { ip: '203.0.113.1', port: 7 };
    for (const now of [0, 1000, 2000]) {
      assert.equal(moves.heard(data(CHILD_ID, 'x'), stranger, now), false);
      assert.equal(moves.heard(data(CHILD_ID, 'x'), box, now), true);
    }
    assert.deepEqual(at, box);
    assert.ok(moves.has('192.0.2.1', CHILD_ID));
    assert.ok(!moves.has('10.0.0.2', CHILD_ID) && !moves.has('192.0.2.1', CHILD_ID + 1));
    hear(1000, 2100);
    assert.deepEqual(at, { ip: '192.0.2.1', port: 1000 });
  });

  it('are followed after two seconds of silence', () => {
    hear(2000, 0, 100, 1999);
    assert.equal(at.port, 1000);
    hear(2000, 2000);
    assert.equal(at.port, 2000);
  });

  it('are not followed by a packet that comes late', () => {
    hear(2000, 0, 5000);
    assert.equal(at.port, 1000);
  });

  it('are not followed while they speak where they were', () => {
    for (let now = 0; now < 60_000; now += 500) {
      bytesIn += now % 1000 === 0 ? 40 : 0;
      hear(2000, now);
    }
    assert.equal(at.port, 1000);
  });

  it('are not followed to two places', () => {
    for (let now = 0; now < 10_000; now += 100) hear(2000 + (now % 200), now);
    assert.equal(at.port, 1000);
  });

  it('are taken back at once where they were', () => {
    hear(2000, 0, 1000, 2000);
    assert.equal(at.port, 2000);
    hear(1000, 2001);
    assert.equal(at.port, 1000);
  });

  it('are not found by another address, another socket id, or when gone', () => {
    for (const now of [0, 1000, 2000, 3000]) {
      moves.heard(data(CHILD_ID, 'x'), { ip: '192.0.2.2', port: 2000 }, now);
      moves.heard(data(CHILD_ID + 1, 'x'), { ip: '192.0.2.1', port: 2000 }, now);
    }
    assert.equal(at.port, 1000);
    moves.remove(link);
    hear(2000, 0, 1000, 2000);
    assert.equal(at.port, 1000);
  });

  it('are left where they are when two of an address might be meant', () => {
    moves.add(linkAt({ ip: '192.0.2.1', port: 1001 }), () => {});
    hear(2000, 0, 1000, 2000, 3000);
    assert.equal(at.port, 1000);
    assert.ok(moves.find({ ip: '192.0.2.1', port: 1001 }, CHILD_ID));
    assert.ok(!moves.find({ ip: '192.0.2.1', port: 2000 }, CHILD_ID));
  });
});
