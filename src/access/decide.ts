import type { TokenRule } from '../config/access-config.js';
import type { Role, StreamKey } from '../stream-key.js';
import type { AccessPolicy } from './policy.js';
import type { AccessRules } from './rules.js';
import type { Proof } from './tokens.js';

/** Policy for a publisher whose stream has a publisher already; see docs/access.md. */
export type Takeover = 'silent' | 'refuse' | 'always';

/** A client that asks for a stream. */
export interface Who {
  readonly stream: StreamKey;
  readonly role: Role;
  /** Its true IP address. */
  readonly address: string;
  /** Another box has sent it, and has applied the rules that do not depend on the owner. */
  readonly isSentOn: boolean;
  /** The result of checking its token. */
  readonly proof: Proof;
  /** `may`: it can wait as its stream's backup; `waits`: it does. Default: neither. */
  readonly backup?: 'may' | 'waits';
}

/** The present publisher of a stream. */
export interface Occupant {
  /** Names its connection; null: it did not come through a port of this box. */
  readonly id: string | null;
  /** Its child and the hooks have accepted it. */
  readonly isAccepted: boolean;
  /** Milliseconds for which it has sent nothing since it was accepted; null: not measured. */
  readonly quietMs: number | null;
  /** Age that `quietMs` may lack, in milliseconds, because its bytes are counted rarely. */
  readonly lagMs: number;
  /** It has sent something since the newcomer came. */
  readonly spoke: boolean;
}

/** Counts of this box that limits compare. */
export interface Counts {
  /** Players of the stream. */
  readonly viewers: number;
  /** Published streams beside this one. */
  readonly streams: number;
  /** Those of them that the client's address publishes. */
  readonly streamsOfAddress: number;
}

/** The limits on streams that a newcomer may reach, by their keys in `limits`. */
export const STREAM_LIMITS = ['viewersPerStream', 'streams', 'streamsPerIp'] as const;
type StreamLimit = (typeof STREAM_LIMITS)[number];
/** 0: none. */
export type StreamLimits = Readonly<Record<StreamLimit, number>>;

/** State that the decision depends on. */
export interface GateState {
  readonly counts: Counts;
  /** Null: nobody publishes the stream on this box. */
  readonly occupant: Occupant | null;
  /** Another newcomer is taking the stream over. */
  readonly isContested: boolean;
  /** A publisher waits as the stream's backup. */
  readonly hasBackup: boolean;
  /** Milliseconds for which the newcomer has waited. */
  readonly waitedMs: number;
}

export interface GateRules {
  /** The template's rules. */
  readonly access: AccessRules;
  /** The configuration's rules. */
  readonly policy: AccessPolicy;
  readonly limits: StreamLimits;
  readonly takeover: Takeover;
  /** A second publisher waits in place of being refused. */
  readonly backup: boolean;
  /** Milliseconds without a byte after which a publisher is silent. */
  readonly silentMs: number;
}

/** Kinds of refusals; each is a `Failure` of the listeners. */
type RefusalReason = 'access' | 'token' | 'busy' | StreamLimit;

export type Decision =
  | { readonly kind: 'admit' }
  | { readonly kind: 'refuse'; readonly reason: RefusalReason; readonly text: string }
  /** `whom`: the id of the connection to be ended first; null: only the child knows it. */
  | { readonly kind: 'takeOver'; readonly whom: string | null }
  /** It is not known yet whether the occupant is silent: decide again soon. */
  | { readonly kind: 'wait' }
  /** It is the stream's backup from now on. */
  | { readonly kind: 'standBy' };

/** Milliseconds beyond `silentMs` after which a newcomer waits no longer. */
const MARGIN_MS = 2000;

const ADMIT: Decision = { kind: 'admit' };
const WAIT: Decision = { kind: 'wait' };
const STAND_BY: Decision = { kind: 'standBy' };

/**
 * Which players of a stream may be refused. `rules`: those that its rules do not let in. `limits`:
 * those beyond a number. `none`: none at all.
 */
export type PlayGuard = 'none' | 'limits' | 'rules';

export function playGuardOf(
  stream: StreamKey,
  { access, policy, limits }: Pick<GateRules, 'access' | 'policy' | 'limits'>,
): PlayGuard {
  if (access.has(stream) || policy.of(stream, 'play') !== null) return 'rules';
  return limits.viewersPerStream > 0 ? 'limits' : 'none';
}

/** Decides on a client that has named its stream, before its child is dialled. */
export function decide(who: Who, state: GateState, rules: GateRules): Decision {
  const barred = who.isSentOn ? null : (bar(who, rules) ?? overflow(who, state, rules));
  if (barred !== null) return barred;
  return who.role === 'publish' ? meet(who, state, rules) : ADMIT;
}

/** Returns the refusal by the rules that do not depend on the owner; null: there is none. */
function bar({ stream, role, address, proof }: Who, { access, policy }: GateRules) {
  if (!access.allows(stream, role, address)) {
    return refusal('access', `security: ${address} may not ${role} this stream`);
  }
  const demands = policy.of(stream, role);
  if (demands === null) return null;
  if (!demands.lets(address)) {
    return refusal('access', `access.rules: ${address} may not ${role} this stream`);
  }
  const fault = tokenFault(demands.token, proof);
  return fault === null ? null : refusal('token', `access.rules: ${fault}`);
}

/** Returns the refusal by a limit; null: there is none. A published stream is no new one. */
function overflow({ role }: Who, { counts, occupant }: GateState, { limits }: GateRules) {
  const isOver = (limit: number, count: number) => limit > 0 && count >= limit;
  const { viewersPerStream, streams, streamsPerIp } = limits;
  if (role === 'play') {
    if (!isOver(viewersPerStream, counts.viewers)) return null;
    return overLimit('viewersPerStream', `${viewersPerStream} play this stream`);
  }
  if (occupant !== null) return null;
  if (isOver(streams, counts.streams)) {
    return overLimit('streams', `${streams} streams are published`);
  }
  if (!isOver(streamsPerIp, counts.streamsOfAddress)) return null;
  return overLimit('streamsPerIp', `${streamsPerIp} streams come from this address`);
}

/** Returns why a proof does not satisfy a rule; null: it does. */
function tokenFault(wanted: TokenRule, proof: Proof): string | null {
  if (wanted === 'off') return null;
  if (proof.kind === 'none') return 'a token is needed, and none came';
  if (proof.kind === 'bad') return `the token is not valid: ${proof.reason}`;
  const isRight = wanted === 'required' || wanted === proof.by;
  return isRight ? null : `the token is of another kind than ${wanted}`;
}

/** Decides between a new publisher and the present one. */
function meet(who: Who, state: GateState, rules: GateRules): Decision {
  const { occupant, isContested } = state;
  if (isContested && who.backup === 'waits') return WAIT;
  if (isContested) return refusal('busy', `another publisher is about to take ${who.stream} over`);
  if (occupant === null) return ADMIT;
  if (who.backup === 'waits') return follow(occupant, rules);
  if (rules.takeover === 'always') return { kind: 'takeOver', whom: occupant.id };
  const standsBy = who.backup === 'may' && rules.backup && occupant.isAccepted;
  return standsBy ? standBy(who, state) : replace(who, occupant, state, rules);
}

/** Decides on a publisher that can wait until the present one, which is accepted, has gone. */
function standBy({ stream }: Who, { hasBackup }: GateState): Decision {
  if (!hasBackup) return STAND_BY;
  return refusal('busy', `${stream} is being published already, and has a backup`);
}

/** Decides on a backup: the end of the present publisher is not waited for if that is silent. */
function follow(occupant: Occupant, { takeover, silentMs }: GateRules): Decision {
  const { id, isAccepted, quietMs, lagMs } = occupant;
  if (takeover !== 'silent' || id === null || !isAccepted || quietMs === null) return WAIT;
  return quietMs >= silentMs + lagMs ? { kind: 'takeOver', whom: id } : WAIT;
}

/** Decides on a newcomer that is to have the stream now or not at all. */
function replace(
  { stream }: Who,
  occupant: Occupant,
  { waitedMs }: GateState,
  { takeover, silentMs }: GateRules,
): Decision {
  const neededMs = silentMs + occupant.lagMs;
  const mayWait = takeover === 'silent' && waitedMs < neededMs + MARGIN_MS;
  // The child decides about a publisher that only it knows, or that it has not accepted yet.
  if (occupant.id === null) return ADMIT;
  if (!occupant.isAccepted) return mayWait ? WAIT : ADMIT;
  if (!mayWait || occupant.quietMs === null || occupant.spoke) {
    return refusal('busy', `${stream} is being published already`);
  }
  return occupant.quietMs >= neededMs ? { kind: 'takeOver', whom: occupant.id } : WAIT;
}

function overLimit(name: StreamLimit, text: string): Decision {
  return refusal(name, `limits.${name}: ${text}`);
}

function refusal(reason: RefusalReason, text: string): Decision {
  return { kind: 'refuse', reason, text };
}
