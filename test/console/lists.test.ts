import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CHILDREN, CLIENTS, chosen, STREAMS, type Wish } from '../../src/console/lists.js';
import {
  CHILDREN as CHILD_ROWS,
  CLIENTS as CLIENT_ROWS,
  STREAMS as STREAM_ROWS,
} from '../admin/fixtures.js';
import { key } from '../helpers/stream-key.js';

const ALL: Wish = { sort: '', reverse: false, filter: '', child: null, stream: null };
const [ROW] = STREAM_ROWS;
const streams = ['b', 'c', 'a'].map((name, i) => {
  return {
    ...ROW!,
    stream: key(`v/live/${name}`),
    child: `c00${i}`,
    clients: name === 'c' ? 9 : 1,
  };
});
const names = (wish: Partial<Wish>) =>
  chosen(streams, STREAMS, { ...ALL, ...wish })
    .map(({ stream }) => stream.slice(-1))
    .join('');

describe('rows of a list', () => {
  it('come by texts up and by numbers down, equal ones by their names', () => {
    assert.equal(names({ sort: 'stream' }), 'abc');
    assert.equal(names({ sort: 'stream', reverse: true }), 'cba');
    assert.equal(names({ sort: 'clients' }), 'cab');
    assert.equal(names({ sort: 'clients', reverse: true }), 'bac');
    assert.equal(names({ sort: '' }), 'bca');
    assert.equal(names({ sort: 'constructor' }), 'bca');
  });

  it('are those with a text, of a child, of a stream', () => {
    assert.equal(names({ filter: 'live/a' }), 'a');
    assert.equal(names({ filter: '192.0.2.7' }), 'bca');
    assert.equal(names({ filter: 'nothing' }), '');
    assert.equal(names({ child: 'c001' }), 'c');
    assert.equal(names({ stream: 'v/live/b' }), 'b');
  });

  it('have an order by every column', () => {
    for (const sort of Object.keys(CHILDREN.sorts)) {
      assert.equal(chosen(CHILD_ROWS, CHILDREN, { ...ALL, sort }).length, 2, sort);
    }
    for (const sort of Object.keys(CLIENTS.sorts)) {
      assert.equal(chosen(CLIENT_ROWS, CLIENTS, { ...ALL, sort, stream: 'v/live/s' }).length, 1);
    }
    const byState = chosen(CHILD_ROWS, CHILDREN, { ...ALL, sort: 'state' });
    assert.deepEqual(
      byState.map(({ id }) => id),
      ['c002', 'c001'],
    );
    assert.equal(chosen(CHILD_ROWS, CHILDREN, { ...ALL, filter: 'exit code' })[0]?.id, 'c002');
  });
});
