import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SupervisorEvent } from '../../src/events/event.js';
import { tellStream } from '../../src/logging/event-lines.js';
import { changeLevel } from '../../src/logging/logger.js';
import { logRefusal } from '../../src/logging/refusals.js';
import { attachEvents, record, tell } from '../../src/logging/tell.js';
import { recordLog } from '../helpers/log-lines.js';

function recorded(level: 'info' | 'error' = 'info') {
  const { logger, lines } = recordLog(level);
  const events: SupervisorEvent[] = [];
  attachEvents(logger, { record: (event) => void events.push(event) });
  return { logger, lines, events };
}

const UP = { type: 'child-up', child: 'c001', generation: 2, pid: 7 } as const;

describe('what is told', () => {
  it('is a line and an event, with the same fields or others', () => {
    const { logger, lines, events } = recorded();
    const room = logger.child({ room: 'fleet' }).child({ child: 'c001' });
    tell(logger, UP, { level: 'info', message: 'a' });
    tell(room, UP, { level: 'info', message: 'b', fields: { pid: 7 } });
    assert.deepEqual(events, [UP, UP]);
    const { type: _, ...fields } = UP;
    assert.deepEqual(lines, [
      { ...fields, msg: 'a' },
      { room: 'fleet', child: 'c001', pid: 7, msg: 'b' },
    ]);
  });

  it('is an event whatever the level of the log is', () => {
    const { logger, lines, events } = recorded('error');
    const room = logger.child({ room: 'x' });
    changeLevel(logger, 'silent');
    tell(room, UP, { level: 'error', message: 'a' });
    logRefusal(room, 'level test refused', { client: '10.0.0.1' });
    assert.deepEqual([lines, events.length], [[], 2]);
  });

  it('is nothing more once no events are wanted', () => {
    const { logger, events } = recorded();
    attachEvents(logger.child({ room: 'x' }), null);
    record(logger, UP);
    assert.deepEqual(events, []);
  });
});

describe('events of clients', () => {
  it('are all kept of streams, while lines are limited', () => {
    const { logger, lines, events } = recorded();
    for (let index = 0; index < 300; index += 1) {
      const event = { type: 'publish', stream: `v/a/${index}`, child: 'c001' } as const;
      tellStream(logger, event, 'tell test published');
    }
    assert.equal(events.length, 300);
    assert.equal(lines.length, 100);
  });

  it('are limited of refusals, as their lines are', () => {
    const { logger, lines, events } = recorded();
    const fields = { client: '10.0.0.1:9', stream: null, failure: 'invalid', err: 'bad' };
    for (let index = 0; index < 30; index += 1) logRefusal(logger, 'tell test refused', fields);
    logRefusal(logger, 'tell test left', { failure: 'left' });
    assert.equal(lines.length, 10);
    assert.equal(events.length, 10);
    assert.deepEqual(events[0], {
      type: 'refused',
      what: 'tell test refused',
      failure: 'invalid',
      reason: 'bad',
      client: '10.0.0.1:9',
    });
  });
});
