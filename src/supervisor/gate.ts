import { JwtVerifier } from '../access/jwt.js';
import { AccessPolicy } from '../access/policy.js';
import type { AccessRules } from '../access/rules.js';
import { askChild } from '../child-access/ask.js';
import type { Viewers } from '../hls/viewers.js';
import type { Hooks } from '../hooks/hooks.js';
import { Gate } from '../listener/gate.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import type { Placement } from '../placement/placement.js';
import type { Owners } from './owners.js';
import type { Current, Renewals } from './renewals.js';

export interface GateParts {
  readonly access: AccessRules;
  readonly current: Current;
  readonly renewals: Pick<Renewals, 'on'>;
  readonly viewers: Pick<Viewers, 'countOf'>;
  readonly placement: Pick<Placement, 'publisherHere'>;
  readonly hooks: Pick<Hooks, 'endPublishers'>;
  readonly owners: Pick<Owners, 'status' | 'access'>;
  readonly logger: Logger;
}

const JWT_KEYS = [
  'access.jwt.keys',
  'access.jwt.secret',
  'access.jwt.issuer',
  'access.jwt.audience',
] as const;
/** Milliseconds for a child's answer; one that serves its publishers answers in a few. */
const ANSWER_MS = 1000;

/** Builds the gate of all ports. */
export function makeGate(parts: GateParts): Gate {
  const { access, current, renewals, viewers, placement, hooks, owners, logger } = parts;
  let policy = new AccessPolicy(current.config.access.rules);
  renewals.on(['access.rules'], (config) => {
    policy = new AccessPolicy(config.access.rules);
  });
  let jwt = new JwtVerifier(current.config.access.jwt);
  renewals.on(JWT_KEYS, (config) => {
    jwt = new JwtVerifier(config.access.jwt);
  });
  return new Gate({
    rules: () => {
      const { takeover, silentSeconds, backup } = current.config.publish;
      const { limits, access: own } = current.config;
      const { keys, leewaySeconds } = own;
      const { publishBitrate } = limits;
      const silentMs = 1000 * silentSeconds;
      const tokens = { keys, leewaySeconds, jwt };
      const publish = { takeover, silentMs, backup };
      return { access, policy, limits, publishBitrate, ...publish, ...tokens };
    },
    sessionsOf: (stream) => viewers.countOf(stream),
    liveHere: (stream) => placement.publisherHere(stream),
    answers: (owner) => answers(owners, owner),
    dismiss: (stream, which) => hooks.endPublishers(stream, which),
    logger: logger.child({ room: 'gate' }),
  });
}

/** Asks a child for its version, by its HTTP API. Never rejects. */
async function answers(owners: GateParts['owners'], { id }: OwnerRef): Promise<boolean> {
  const child = owners.status(id);
  if (child === null) return false;
  const { authorization } = owners.access(id);
  const headers = authorization === null ? {} : { authorization };
  const question = { method: 'GET', path: '/api/v1/versions', headers };
  const place = { host: child.host ?? '127.0.0.1', port: child.ports.api };
  const limits = { purpose: 'hooks', signal: AbortSignal.timeout(ANSWER_MS) } as const;
  const answer = await askChild(place, question, limits).catch(() => null);
  return answer !== null;
}
