import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';
import { isSameLife, type OwnerRef } from '../owner.js';
import type { Claim, Registry } from '../registry/registry.js';

/** Streams per call to the registry. */
const BATCH = 500;

export interface Renewal {
  readonly registry: Registry;
  readonly claims: readonly Claim[];
  /** Reports whether the owner publishes the stream: then it wins against one that does not. */
  readonly isPublished: (claim: Claim) => boolean;
  /** Reports whether the owner publishes the stream and the registry does not know it yet. */
  readonly isUnconfirmed: (claim: Claim) => boolean;
  /** Called when the registry's claim matches ours. */
  readonly onKept: (claim: Claim) => void;
  /** Called when another owner has the stream. */
  readonly onLost: (claim: Claim, winner: OwnerRef) => void;
  /** Reports whether the claim is still wanted after the registry's answer. */
  readonly isLive: (claim: Claim) => boolean;
  readonly logger: Logger;
}

/**
 * Renews claims in batches of one owner, and claims lost ones again. Never rejects: streams keep
 * running while the store is away.
 */
export async function renewAll(renewal: Renewal): Promise<void> {
  try {
    for (const batch of batches(renewal.claims)) await renewBatch(renewal, batch);
  } catch (error) {
    renewal.logger.warn({ reason: messageOf(error) }, 'claims not renewed');
  }
}

interface Batch {
  readonly owner: OwnerRef;
  readonly claims: readonly Claim[];
}

async function renewBatch(renewal: Renewal, batch: Batch): Promise<void> {
  const { registry, isLive, isPublished, isUnconfirmed, onKept, onLost, logger } = renewal;
  const { owner, claims } = batch;
  const streams = claims.map(({ stream }) => stream);
  const lost = new Set(await registry.renew(streams, owner));
  const isDue = (claim: Claim) => lost.has(claim.stream) || isUnconfirmed(claim);
  for (const claim of claims.filter(isDue).filter(isLive)) {
    const { stream } = claim;
    const { owner: winner } = await registry.claim(stream, owner, isPublished(claim));
    if (isSameLife(winner, owner)) {
      onKept(claim);
      continue;
    }
    const { id, box } = winner;
    logger.warn({ stream, child: owner.id, winner: id, box }, 'stream claimed by another child');
    onLost(claim, winner);
  }
}

function batches(claims: readonly Claim[]): Batch[] {
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) {
    const key = `${claim.owner.id} ${claim.owner.generation}`;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(claim);
  }
  return [...groups.values()].flatMap(split);
}

function split(group: readonly Claim[]): Batch[] {
  const batches: Batch[] = [];
  for (let start = 0; start < group.length; start += BATCH) {
    const part = group.slice(start, start + BATCH);
    const owner = part[0]?.owner;
    if (owner !== undefined) batches.push({ owner, claims: part });
  }
  return batches;
}
