import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Counts,
  type Decision,
  decide,
  type GateRules,
  type GateState,
  type Occupant,
  type StreamLimits,
  type Takeover,
  type Who,
} from '../../src/access/decide.js';
import { AccessPolicy } from '../../src/access/policy.js';
import { AccessRules } from '../../src/access/rules.js';
import { NO_PROOF, type Proof } from '../../src/access/tokens.js';
import { parseTemplate } from '../../src/child/template.js';
import { key } from '../helpers/stream-key.js';

const ACCESS = new AccessRules(
  parseTemplate(`vhost guarded.com { security { enabled on; allow publish 10.0.0.0/8; } }`).vhosts,
);
const POLICY = new AccessPolicy([
  {
    vhost: 'lists.com',
    app: null,
    publish: { allow: ['10.0.0.0/8', '2001:db8::/32'], deny: ['10.0.0.9'], token: 'off' },
    play: null,
  },
  {
    vhost: null,
    app: 'tokens',
    publish: { allow: [], deny: [], token: 'signed' },
    play: { allow: [], deny: ['192.0.2.1'], token: 'required' },
  },
]);
const WHO: Who = {
  stream: key('__defaultVhost__/live/s'),
  role: 'publish',
  address: '192.0.2.1',
  isSentOn: false,
  proof: NO_PROOF,
};
const COUNTS: Counts = { viewers: 10, streams: 10, streamsOfAddress: 10 };
const FREE: GateState = {
  occupant: null,
  isContested: false,
  hasBackup: false,
  waitedMs: 0,
  counts: COUNTS,
};
const NO_LIMITS: StreamLimits = { viewersPerStream: 0, streams: 0, streamsPerIp: 0 };
const LIVELY: Occupant = { id: 'a', isAccepted: true, quietMs: 40, lagMs: 0, spoke: true };
const PAUSING: Occupant = { ...LIVELY, spoke: false, quietMs: 1600 };
const SILENT: Occupant = { ...LIVELY, spoke: false, quietMs: 2000 };
const COMING: Occupant = { ...LIVELY, spoke: false, isAccepted: false, quietMs: 9000 };
const BYPASSING: Occupant = { ...LIVELY, spoke: false, quietMs: null };
const UNKNOWN: Occupant = { ...BYPASSING, id: null };
const LATE: Occupant = { ...SILENT, lagMs: 5000 };

/** The kind of the decision, with its reason or whom it ends. */
function decided(
  who: Partial<Who>,
  state: Partial<GateState>,
  takeover: Takeover,
  limits = NO_LIMITS,
): string {
  const rules: GateRules = {
    access: ACCESS,
    policy: POLICY,
    limits,
    takeover,
    silentMs: 2000,
    backup: true,
  };
  return shown(decide({ ...WHO, ...who }, { ...FREE, ...state }, rules));
}

function shown(decision: Decision): string {
  if (decision.kind === 'refuse') return `refuse ${decision.reason}`;
  return decision.kind === 'takeOver' ? `takeOver ${decision.whom}` : decision.kind;
}

test('a newcomer and the present publisher, by policy', () => {
  const columns: readonly Takeover[] = ['silent', 'refuse', 'always'];
  const table: readonly (readonly [string, Partial<GateState>, string, string, string])[] = [
    ['nobody publishes', {}, 'admit', 'admit', 'admit'],
    ['it sends', { occupant: LIVELY }, 'refuse busy', 'refuse busy', 'takeOver a'],
    ['it pauses', { occupant: PAUSING }, 'wait', 'refuse busy', 'takeOver a'],
    [
      'it pauses for long, and is not silent',
      { occupant: PAUSING, waitedMs: 4000 },
      'refuse busy',
      'refuse busy',
      'takeOver a',
    ],
    ['it is silent', { occupant: SILENT }, 'takeOver a', 'refuse busy', 'takeOver a'],
    ['its child has not accepted it', { occupant: COMING }, 'wait', 'admit', 'takeOver a'],
    [
      'its child does not accept it',
      { occupant: COMING, waitedMs: 4000 },
      'admit',
      'admit',
      'takeOver a',
    ],
    ['its media bypass us', { occupant: BYPASSING }, 'refuse busy', 'refuse busy', 'takeOver a'],
    ['only the child knows it', { occupant: UNKNOWN }, 'admit', 'admit', 'takeOver null'],
    ['its bytes are counted rarely', { occupant: LATE }, 'wait', 'refuse busy', 'takeOver a'],
    [
      'its bytes are counted rarely, and it is silent',
      { occupant: { ...LATE, quietMs: 7000 }, waitedMs: 7000 },
      'takeOver a',
      'refuse busy',
      'takeOver a',
    ],
    [
      'another newcomer is taking over',
      { occupant: SILENT, isContested: true },
      'refuse busy',
      'refuse busy',
      'refuse busy',
    ],
  ];
  for (const [name, state, ...expected] of table) {
    for (const [at, takeover] of columns.entries()) {
      assert.equal(decided({}, state, takeover), expected[at], `${name}, ${takeover}`);
    }
    assert.equal(decided({ role: 'play' }, state, 'silent'), 'admit', `${name}, a player`);
  }
});

test('a publisher that can wait becomes a backup, and follows the present one', () => {
  const table: readonly (readonly [string, Partial<GateState>, string, string, string])[] = [
    ['nobody publishes', {}, 'admit', 'admit', 'admit'],
    ['it sends', { occupant: LIVELY }, 'standBy', 'wait', 'wait'],
    ['it is silent', { occupant: SILENT }, 'standBy', 'takeOver a', 'wait'],
    ['its bytes are counted rarely', { occupant: LATE }, 'standBy', 'wait', 'wait'],
    ['its media bypass us', { occupant: BYPASSING }, 'standBy', 'wait', 'wait'],
    ['only the child knows it', { occupant: UNKNOWN }, 'standBy', 'wait', 'wait'],
    ['its child has not accepted it', { occupant: COMING }, 'wait', 'wait', 'wait'],
    ['a backup waits', { occupant: LIVELY, hasBackup: true }, 'refuse busy', 'wait', 'wait'],
    ['another takes over', { occupant: SILENT, isContested: true }, 'refuse busy', 'wait', 'wait'],
  ];
  for (const [name, state, ...expected] of table) {
    const waits = { backup: 'waits' } as const;
    const decisions = [
      decided({ backup: 'may' }, state, 'silent'),
      decided(waits, state, 'silent'),
      decided(waits, state, 'refuse'),
    ];
    assert.deepEqual(decisions, expected, name);
  }
  assert.equal(decided({ backup: 'may' }, { occupant: LIVELY }, 'always'), 'takeOver a');
  const barred = { stream: key('guarded.com/live/s'), backup: 'may' } as const;
  assert.equal(decided(barred, { occupant: LIVELY }, 'silent'), 'refuse access');
});

test('the rules of a vhost come first, and for other boxes’ clients they have been applied', () => {
  const stream = key('guarded.com/live/s');
  const taken = { occupant: SILENT };
  assert.equal(decided({ stream }, taken, 'always'), 'refuse access');
  assert.equal(decided({ stream, role: 'play' }, {}, 'silent'), 'refuse access');
  assert.equal(decided({ stream, address: '10.1.1.1' }, taken, 'silent'), 'takeOver a');
  assert.equal(decided({ stream, isSentOn: true }, taken, 'silent'), 'takeOver a');
});

test('address lists decide for their own vhost and role, and for IPv6 too', () => {
  const stream = key('lists.com/live/s');
  const table: readonly (readonly [string, string])[] = [
    ['10.1.1.1', 'admit'],
    ['10.0.0.9', 'refuse access'],
    ['192.0.2.1', 'refuse access'],
    ['2001:db8:1::7', 'admit'],
    ['2001:db9::7', 'refuse access'],
  ];
  for (const [address, expected] of table) {
    assert.equal(decided({ stream, address }, {}, 'silent'), expected, address);
    assert.equal(decided({ stream, address, role: 'play' }, {}, 'silent'), 'admit', address);
    assert.equal(decided({ stream, address, isSentOn: true }, {}, 'silent'), 'admit', address);
  }
});

test('a token is good for a rule of its kind, and never for an address that is barred', () => {
  const stream = key('__defaultVhost__/tokens/s');
  const good = (by: 'signed' | 'jwt'): Proof => ({ kind: 'good', by, address: null });
  const bad: Proof = { kind: 'bad', reason: 'it expired 5 s ago' };
  const address = '10.1.1.1';
  const table: readonly (readonly [string, Proof, string, string])[] = [
    ['none', NO_PROOF, 'refuse token', 'refuse token'],
    ['bad', bad, 'refuse token', 'refuse token'],
    ['signed', good('signed'), 'admit', 'admit'],
    ['jwt', good('jwt'), 'refuse token', 'admit'],
  ];
  for (const [name, proof, publish, play] of table) {
    assert.equal(decided({ stream, address, proof }, {}, 'silent'), publish, name);
    const player = { stream, address, proof, role: 'play' } as const;
    assert.equal(decided(player, {}, 'silent'), play, name);
    assert.equal(decided({ ...player, address: '192.0.2.1' }, {}, 'silent'), 'refuse access', name);
  }
});

test('limits count a new stream or player, and no stream twice', () => {
  const limit = (name: keyof StreamLimits, most: number) => ({ ...NO_LIMITS, [name]: most });
  const table: readonly (readonly [keyof StreamLimits, string, string])[] = [
    ['viewersPerStream', 'admit', 'refuse viewersPerStream'],
    ['streams', 'refuse streams', 'admit'],
    ['streamsPerIp', 'refuse streamsPerIp', 'admit'],
  ];
  for (const [name, publish, play] of table) {
    assert.equal(decided({}, {}, 'silent', limit(name, 10)), publish, name);
    assert.equal(decided({ role: 'play' }, {}, 'silent', limit(name, 10)), play, name);
    for (const role of ['publish', 'play'] as const) {
      assert.equal(decided({ role }, {}, 'silent', limit(name, 11)), 'admit', name);
      assert.equal(decided({ role, isSentOn: true }, {}, 'silent', limit(name, 1)), 'admit', name);
    }
    const back = decided({}, { occupant: SILENT }, 'silent', limit(name, 1));
    assert.equal(back, 'takeOver a', name);
  }
});
