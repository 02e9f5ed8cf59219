import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventText } from '../../src/cli/event-text.js';

test('an event is one line that moves no terminal', () => {
  const at = Date.UTC(2026, 4, 4, 14, 3, 7);
  const down = { type: 'child-down', child: 'c001', generation: 1, reason: 'killed' } as const;
  assert.equal(
    eventText({ id: 'x-1', at, event: { ...down, streams: 2, names: ['v/a/1', 'v/a/2'] } }),
    '14:03:07 child-down       child=c001 generation=1 reason=killed streams=2 names=v/a/1,v/a/2',
  );
  assert.equal(
    eventText({ id: 'x-1', at, event: { type: 'registry-back' } }),
    '14:03:07 registry-back',
  );
  const reload = { type: 'reload', keys: [], refused: [], error: null } as const;
  assert.equal(eventText({ id: 'x-1', at, event: reload }), '14:03:07 reload');
  const evil = { type: 'registry-away', reason: 'a\n\x1b[2J' } as const;
  assert.doesNotMatch(eventText({ id: 'x-1', at, event: evil }), /\p{Cc}/u);
});
