import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  activityOf,
  type HealthVerdict,
  judge,
  type ProcessActivity,
  type Sample,
  type Signs,
} from '../../src/child/verdict.js';

const LIMITS = { misses: 3, deafLimit: 30_000, spinLimit: 60_000, spinCpu: 30_000 };

const ASLEEP: ProcessActivity = {
  state: 'sleeping',
  windowMs: 3000,
  cpuMs: 0,
  waitMs: 0,
  awake: 0,
};
const BURNING: ProcessActivity = { ...ASLEEP, state: 'running', cpuMs: 2900, awake: 1 };
const STARVED: ProcessActivity = { ...ASLEEP, state: 'running', cpuMs: 10, awake: 1 };
const WAITING: ProcessActivity = { ...ASLEEP, cpuMs: 100, waitMs: 2000, awake: 1 / 3 };
const STOPPED: ProcessActivity = { ...ASLEEP, state: 'stopped' };
const ON_DISK: ProcessActivity = { ...ASLEEP, state: 'disk', awake: 1 };

/** Three unanswered probes of a child that sleeps: a hung one. */
const HUNG: Signs = {
  misses: 3,
  silentMs: 4300,
  rtmp: false,
  deadMs: 4300,
  deadCpuMs: 0,
  lateMs: 3,
  ownFaults: [],
  activity: ASLEEP,
  sends: false,
};
const FOR_EVER = { misses: 40, silentMs: 90_000, deadMs: 90_000 };

const TABLE: [string, Partial<Signs>, HealthVerdict['kind'], RegExp][] = [
  ['one miss', { misses: 1 }, 'silent', /too few/],
  ['two misses', { misses: 2 }, 'silent', /too few/],
  ['three of one that sleeps', {}, 'hung', /sleeps/],
  ['three of one that is stopped', { activity: STOPPED }, 'hung', /stopped/],
  ['one that has just been stopped', { activity: STOPPED, misses: 2 }, 'silent', /too few/],
  ['stopped after it was busy', { activity: { ...BURNING, state: 'stopped' } }, 'hung', /stopped/],
  ['it burns CPU', { activity: BURNING }, 'busy', /at work/],
  ['it wants CPU and gets none', { activity: STARVED }, 'busy', /at work/],
  ['it waited for CPU', { activity: WAITING }, 'busy', /at work/],
  ['it waits for a disk', { activity: ON_DISK }, 'busy', /at work/],
  ['it was awake for a moment', { activity: { ...ASLEEP, cpuMs: 700 } }, 'hung', /sleeps/],
  ['our loop was late', { lateMs: 500 }, 'unknown', /late by 500 ms/],
  ['we stood still', { lateMs: 20_000, activity: STOPPED }, 'unknown', /late/],
  ['we have no descriptors', { ownFaults: ['EMFILE'] }, 'unknown', /EMFILE/],
  ['nor ports', { ownFaults: ['EADDRNOTAVAIL'], ...FOR_EVER }, 'unknown', /EADDRNOTAVAIL/],
  ['RTMP answers', { rtmp: true, deadMs: 0 }, 'silent', /RTMP answers/],
  ['RTMP answers, for long', { ...FOR_EVER, rtmp: true, deadMs: 0 }, 'hung', /its API/],
  [
    'busy, and RTMP answers',
    { ...FOR_EVER, rtmp: true, activity: BURNING, deadMs: 0 },
    'busy',
    /./,
  ],
  ['it spins', { ...FOR_EVER, activity: BURNING, deadCpuMs: 85_000 }, 'hung', /spins/],
  [
    'it spins for a minute less',
    { activity: BURNING, deadMs: 59_000, deadCpuMs: 59_000 },
    'busy',
    /./,
  ],
  ['starved for long', { ...FOR_EVER, activity: STARVED, deadCpuMs: 200 }, 'busy', /at work/],
  ['disk stuck for long', { ...FOR_EVER, activity: ON_DISK, deadCpuMs: 200 }, 'busy', /at work/],
  [
    'it burns CPU for long and sends media',
    { ...FOR_EVER, activity: BURNING, deadCpuMs: 85_000, sends: true },
    'busy',
    /at work/,
  ],
  ['no /proc, three misses', { activity: null }, 'silent', /too few/],
  ['no /proc, eight', { activity: null, misses: 8 }, 'silent', /too few/],
  ['no /proc, nine', { activity: null, misses: 9 }, 'hung', /not answer/],
  ['no /proc, and we were late', { activity: null, misses: 9, lateMs: 900 }, 'unknown', /late/],
];

for (const [name, signs, kind, why] of TABLE) {
  test(`${name}: ${kind}`, () => {
    const verdict = judge({ ...HUNG, ...signs }, LIMITS);
    assert.equal(verdict.kind, kind, verdict.why);
    assert.match(verdict.why, why);
  });
}

test('what a process did lies between the first sample and the last', () => {
  const sample: Sample = { at: 1000, state: 'sleeping', cpuMs: 500, waitMs: 90 };
  assert.equal(activityOf([]), null);
  assert.deepEqual(activityOf([sample]), {
    state: 'sleeping',
    windowMs: 0,
    cpuMs: 0,
    waitMs: 0,
    awake: 0,
  });
  const later: Sample = { at: 2000, state: 'running', cpuMs: 900, waitMs: 10 };
  assert.deepEqual(activityOf([sample, { ...sample, at: 1500, state: 'disk' }, later]), {
    state: 'running',
    windowMs: 1000,
    cpuMs: 400,
    waitMs: 0,
    awake: 2 / 3,
  });
});
