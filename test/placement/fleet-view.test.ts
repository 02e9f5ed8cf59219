import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FleetView } from '../../src/placement/fleet-view.js';
import { Tally } from '../../src/placement/tally.js';
import { key } from '../helpers/stream-key.js';
import { candidate } from './helpers.js';

it('asks for the one child of a client, and for all of them only to choose', () => {
  const fleet = [candidate({ id: 'c001' }), candidate({ id: 'c002', open: false })];
  const asked: string[] = [];
  const view = new FleetView(
    {
      candidates: () => {
        asked.push('all');
        return fleet;
      },
      child: (id) => {
        asked.push(id);
        return fleet.find((one) => one.id === id) ?? null;
      },
    },
    new Tally(),
  );
  assert.equal(view.find({ id: 'c001', generation: 1 })?.open, true);
  assert.equal(view.find({ id: 'c002', generation: 1 })?.open, false);
  assert.equal(view.find({ id: 'c002', generation: 2 }), undefined);
  assert.equal(view.find({ id: 'c003', generation: 1 }), undefined);
  view.down({ id: 'c001', generation: 1 });
  assert.equal(view.find({ id: 'c001', generation: 1 }), undefined);
  assert.deepEqual(asked, ['c001', 'c002', 'c002', 'c003', 'c001']);
  assert.deepEqual(
    view.snapshot(key('v/live/a')).map(({ id }) => id),
    ['c002'],
  );
});

it('leaves out children that have not the vhost of the stream', () => {
  const view = new FleetView(
    {
      candidates: () => [candidate({ id: 'c001' }), candidate({ id: 'c002' })],
      mayTake: ({ id }, stream) => stream.startsWith('v/') || id === 'c002',
    },
    new Tally(),
  );
  const idsFor = (name: string) => view.snapshot(key(name)).map(({ id }) => id);
  assert.deepEqual(idsFor('v/live/a'), ['c001', 'c002']);
  assert.deepEqual(idsFor('new/live/a'), ['c002']);
});
