import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SupervisorEvent } from '../../src/events/event.js';
import { PUBLICATION } from '../../src/events/publication.js';
import { historyOf } from '../../src/events/timeline.js';

const stream = 'v/live/a';
const child = 'c001';
const left = { type: 'publisher-left', stream, child, id: '000001', bytesIn: 1_000_000 } as const;
const publish = { type: 'publish', stream, child, client: '10.0.0.1' } as const;

/** Publications from events that happen a second apart. */
function of(...events: SupervisorEvent[]) {
  const entries = events.map((event, index) => ({ id: `x-${index}`, at: 1000 * index, event }));
  const { publications: found } = historyOf(stream, entries);
  for (const one of found) assert.deepEqual(PUBLICATION.parse(one), one);
  return found;
}

describe('the timeline of a stream', () => {
  it('tells a publication from its beginning to its end, in whatever order the end is told', () => {
    const gone = { ...left, client: '10.0.0.1:500', seconds: 8, end: 'closed' };
    const unpublish = { type: 'unpublish', stream, child, players: 3 } as const;
    for (const ends of [
      [gone, unpublish],
      [unpublish, gone],
    ] as const) {
      const [one, ...none] = of(publish, ...ends);
      assert.deepEqual(none, []);
      assert.deepEqual(one, {
        child,
        client: '10.0.0.1:500',
        began: 0,
        ended: 1000,
        bytesIn: 1_000_000,
        bitrate: 1_000_000,
        players: 3,
        why: 'the publisher left',
      });
    }
  });

  it('goes on while nothing has ended it', () => {
    const [one] = of(publish);
    assert.deepEqual([one?.ended, one?.why, one?.client], [null, null, '10.0.0.1']);
  });

  it('says why it ended: the child, an operator, another child, silence', () => {
    const down = { type: 'child-down', child, generation: 1, streams: 1, names: [stream] } as const;
    const killed = { ...down, reason: 'killed by SIGKILL' };
    assert.equal(of(publish, killed)[0]?.why, 'child c001 ended: killed by SIGKILL');
    const other = { ...left, client: '10.0.0.1:500', seconds: 0, end: 'client-reset' };
    const [both] = of(publish, killed, other);
    assert.equal(both?.why, 'child c001 ended: killed by SIGKILL');
    assert.deepEqual([both?.bytesIn, both?.bitrate], [1_000_000, null]);
    const kicked = { ...other, end: 'destroyed', reason: 'closed by an operator' };
    assert.equal(of(publish, kicked)[0]?.why, 'closed by an operator');
    const taken = of(publish, { type: 'takeover', stream, child }, { ...publish, child: 'c002' });
    assert.deepEqual(
      taken.map(({ why }) => why),
      ['the stream was published in another child', null],
    );
    const [idle] = of(publish, { ...other, end: 'idle' });
    assert.equal(idle?.why, 'the publisher sent nothing for too long');
  });

  it('does not mix publishers that follow each other', () => {
    const gone = { ...left, client: '10.0.0.2:9', seconds: 1, end: 'closed' };
    const [first, second] = of(publish, { type: 'unpublish', stream, child }, publish, gone);
    assert.equal(first?.bytesIn, null);
    assert.equal(second?.bytesIn, null);
    const [before] = of(gone);
    assert.deepEqual([before?.client, before?.ended], ['10.0.0.2:9', 0]);
    const [unknown] = of({ type: 'unpublish', stream, child });
    assert.deepEqual([unknown?.began, unknown?.ended], [null, 0]);
  });

  it('knows the end of its child from another, however close the end of its connection is', () => {
    const at = (ms: number, event: SupervisorEvent) => ({ id: `x-${ms}`, at: ms, event });
    const down = { type: 'child-down', child, generation: 1, reason: 'hung', streams: 0 } as const;
    const gone = { ...left, client: '10.0.0.1:500', seconds: 1, end: 'child-reset' };
    const history = (ms: number, ends: string) =>
      historyOf(stream, [
        at(0, publish),
        at(5000, gone),
        at(5000 + ms, { ...down, child: ends, names: [] }),
      ]);
    const near = history(20, child);
    assert.equal(near.publications[0]?.why, 'child c001 ended: hung');
    assert.equal(near.publications[0]?.ended, 5000);
    assert.equal(near.events.length, 3);
    for (const other of [history(2000, child), history(20, 'c002')]) {
      assert.equal(other.publications[0]?.why, 'the child reset the connection');
      assert.equal(other.events.length, 2);
    }
  });

  it('handles addresses of IPv6', () => {
    const gone = { ...left, client: '[::1]:500', seconds: 1, end: 'closed' };
    assert.equal(of({ ...publish, client: '::1' }, gone)[0]?.client, '[::1]:500');
  });
});
