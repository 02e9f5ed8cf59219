import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { limitConnectionLines, logConnection } from '../../src/logging/event-lines.js';
import { LimitedLines } from '../../src/logging/limited-lines.js';
import { LineLimit } from '../../src/logging/line-limit.js';
import { escapeControls, loggable } from '../../src/logging/loggable.js';
import { changeLevel, createLogger } from '../../src/logging/logger.js';
import { logRefusal } from '../../src/logging/refusals.js';
import { recordLog } from '../helpers/log-lines.js';

describe('a limit of lines', () => {
  it('lets ten through at once, then one a second, and tells what it withheld', () => {
    const limit = new LineLimit();
    const taken = Array.from({ length: 25 }, () => limit.take('a', 0));
    assert.deepEqual(taken, [...Array(10).fill(0), ...Array(15).fill(null)]);
    assert.equal(limit.take('b', 0), 0);
    assert.equal(limit.take('a', 999), null);
    assert.equal(limit.take('a', 1000), 16);
    assert.equal(limit.take('a', 1999), null);
    assert.equal(limit.take('a', 3000), 1);
    const later = Array.from({ length: 12 }, () => limit.take('a', 1_000_000));
    assert.equal(later.filter((one) => one !== null).length, 10);
  });

  it('has room for kinds within a bound', () => {
    const limit = new LineLimit();
    const taken = Array.from({ length: 200 }, (_, kind) => limit.take(`${kind}`, 0));
    assert.equal(taken.filter((one) => one === 0).length, 64 + 10);
  });
});

describe('texts that clients have chosen', () => {
  it('are bounded, and move no terminal', () => {
    assert.equal(loggable('a\x1b[2Jb\nc\u009bd\u202ee'), 'a\\u{1b}[2Jb\\u{a}c\\u{9b}d\\u{202e}e');
    assert.equal(loggable('x'.repeat(2000)).length, 513);
    assert.equal(escapeControls('ä € 名'), 'ä € 名');
  });

  it('cannot forge a line for people, while a stack keeps its own', () => {
    let text = '';
    const write = (line: string) => {
      text += line;
    };
    const target = { people: true, write };
    const logger = createLogger('info', target);
    logger.info({ stream: 'a\n12:00:00 error: forged', stack: 'E: x\n  at \x1b' }, 'b\rc');
    const [first, second, ...none] = text.trimEnd().split('\n');
    assert.match(first ?? '', /^\S+ b\\u\{d\}c stream=a\\u\{a\}12:00:00 error: forged stack=E: x$/);
    assert.deepEqual([second, none], ['  at \\u{1b}', []]);
  });
});

describe('a client that is turned away', () => {
  it('leaves a line at info, and at debug where it only left, or in a storm', () => {
    const { logger, lines } = recordLog('info');
    const fields = { client: '10.0.0.1:9', stream: null, failure: 'invalid', streamId: 'a\x07' };
    for (let index = 0; index < 30; index++) logRefusal(logger, 'test refused', fields);
    assert.equal(lines.length, 10);
    assert.deepEqual(lines[0], { ...fields, streamId: 'a\\u{7}', msg: 'test refused' });
    logRefusal(logger, 'test left', { failure: 'left' });
    assert.equal(lines.length, 10);
  });
});

describe('lines that clients cause', () => {
  it('are limited by message, and the number of withheld ones is told', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { logger, lines } = recordLog('info');
    const limited = new LimitedLines({ burst: 2, perSecond: 1 });
    let made = 0;
    const fields = () => ({ number: ++made });
    for (let index = 0; index < 5; index += 1) limited.write(logger, 'warn', 'a', fields);
    limited.write(logger, 'info', 'b', fields);
    assert.deepEqual(lines, [
      { number: 1, msg: 'a' },
      { number: 2, msg: 'a' },
      { number: 3, msg: 'b' },
    ]);
    t.mock.timers.tick(10_000);
    assert.deepEqual(lines.slice(3), [{ withheld: 3, msg: 'a' }]);
  });

  it('can be turned off for ended clients', () => {
    const { logger, lines } = recordLog('info');
    limitConnectionLines(0);
    logConnection(logger, 'ended', () => ({}));
    limitConnectionLines(1);
    logConnection(logger, 'ended', () => ({}));
    assert.equal(lines.length, 1);
  });
});

describe('the level of a logger', () => {
  it('changes for all loggers made from it', () => {
    const { logger, lines } = recordLog('info');
    const room = logger.child({ room: 'a' }).child({ child: 'c001' });
    room.debug('unseen');
    changeLevel(logger, 'debug');
    room.debug('seen');
    changeLevel(logger, 'error');
    room.warn('unseen');
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['seen'],
    );
  });
});
