import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spanOf, sparkPath } from '../../pages/console/figures.js';
import { parseRoute, printRoute } from '../../pages/console/route.js';
import { SseReader } from '../../pages/console/sse.js';
import { keepOrder, windowOf } from '../../pages/console/window.js';

describe('addresses of the console', () => {
  it('name a pane, what is open in it, and of what', () => {
    const address = printRoute('streams', 'v/live/a?b#c%', { child: 'c001' });
    assert.equal(address, '#/streams/v%2Flive%2Fa%3Fb%23c%25?child=c001');
    const { pane, open, query } = parseRoute(address);
    assert.deepEqual([pane, open, query.get('child')], ['streams', 'v/live/a?b#c%', 'c001']);
  });

  it('lead to the machine where they name nothing', () => {
    for (const hash of ['', '#', '#/', '#/nothing', '#constructor']) {
      assert.deepEqual([parseRoute(hash).pane, parseRoute(hash).open], ['machine', null], hash);
    }
    assert.equal(parseRoute('#/streams/%zz').open, '%zz');
  });
});

describe('server-sent events', () => {
  const text =
    ': hello\n\nid: 7-1\nevent: publish\ndata: {"a":1}\n\n:\nid: 7-2\n\ndata: x\ndata: y\n\n';
  const messages = [
    { id: null, type: 'message', data: '' },
    { id: '7-1', type: 'publish', data: '{"a":1}' },
    { id: '7-2', type: 'message', data: '' },
    { id: null, type: 'message', data: 'x\ny' },
  ];

  it('are read, wherever the pieces end', () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const reader = new SseReader();
      const read = [...reader.read(text.slice(0, cut)), ...reader.read(text.slice(cut))];
      assert.deepEqual(read, messages, `${cut}`);
    }
  });

  it('are not kept without end while they are not complete', () => {
    const reader = new SseReader();
    for (let i = 0; i < 5; i += 1) assert.deepEqual(reader.read('x'.repeat(1024 * 1024)), []);
    const [message] = reader.read('\ndata: end\n\n');
    assert.equal(message?.data, 'end');
  });
});

describe('rows in sight', () => {
  it('are those of the place, and some beside', () => {
    assert.deepEqual(windowOf(0, 400, 40), { first: 0, count: 26 });
    assert.deepEqual(windowOf(4000, 400, 40), { first: 92, count: 26 });
    assert.deepEqual(windowOf(0, 1e6, 40), { first: 0, count: 200 });
  });

  it('keep their order while somebody points at them', () => {
    const old = [
      { id: 'a', n: 1 },
      { id: 'b', n: 1 },
      { id: 'gone', n: 1 },
    ];
    const now = [
      { id: 'new', n: 2 },
      { id: 'b', n: 2 },
      { id: 'a', n: 2 },
    ];
    const kept = keepOrder(old, now, ({ id }) => id);
    assert.deepEqual(kept, [
      { id: 'a', n: 2 },
      { id: 'b', n: 2 },
      { id: 'new', n: 2 },
    ]);
  });
});

describe('small charts', () => {
  it('have a line, with gaps, below the highest figure', () => {
    assert.equal(sparkPath([0, 5, 10]), 'M0 23L50 12.5L100 2');
    assert.equal(sparkPath([10, null, 10, 10]), 'M0 2M66.7 2L100 2');
    assert.equal(sparkPath([50, 50], 100), 'M0 12.5L100 12.5');
    assert.equal(sparkPath([0, 0]), 'M0 23H100');
    assert.equal(sparkPath([1]), '');
  });

  it('have a publication where it was in the hour', () => {
    const hour = 3_600_000;
    assert.deepEqual(spanOf({ began: hour / 2, ended: null }, hour, 100), [50, 100]);
    assert.deepEqual(spanOf({ began: null, ended: hour / 4 }, hour, 100), [0, 25]);
  });
});
