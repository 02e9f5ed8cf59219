import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isGoneWith, isSameLife, type OwnerRef } from '../../src/owner.js';
import type { Claim, Registry } from '../../src/registry/registry.js';
import type { StreamKey } from '../../src/stream-key.js';
import { key } from '../helpers/stream-key.js';

const STREAMS = ['v/a/1', 'v/a/2', 'v/b/3'].map(key);
const OWNERS: readonly OwnerRef[] = [
  { id: 'c001', generation: 1 },
  { id: 'c001', generation: 2 },
  { id: 'c002', generation: 1 },
];

type Verb = 'claim' | 'live' | 'renew' | 'release' | 'releaseAll' | 'find' | 'pass';

export interface Step {
  readonly verb: Verb;
  readonly stream: number;
  readonly owner: number;
  /** Of a lease, for `pass`. */
  readonly quarters: number;
}

/** Histories of a few verbs on a few streams: what clashes is what matters. */
export function histories(verbs: readonly Verb[]): fc.Arbitrary<Step[]> {
  const step = fc.record({
    verb: fc.constantFrom(...verbs),
    stream: fc.nat(STREAMS.length - 1),
    owner: fc.nat(OWNERS.length - 1),
    quarters: fc.integer({ min: 1, max: 5 }),
  });
  return fc.array(step, { maxLength: 25 });
}

interface Held {
  readonly owner: OwnerRef;
  readonly live: boolean;
  readonly expires: number;
}

/** A registry as plainly as it can be said, beside the one under test. */
export class RegistryModel {
  readonly #held = new Map<string, Held>();
  readonly #registry: Registry;
  readonly #leaseMs: number;
  readonly #pass: (ms: number) => void;
  #now = 0;

  constructor(registry: Registry, leaseMs: number, pass: (ms: number) => void = () => {}) {
    this.#registry = registry;
    this.#leaseMs = leaseMs;
    this.#pass = pass;
  }

  /** Does the step in both, and throws where they differ. */
  async run({ verb, stream: at, owner: who, quarters }: Step): Promise<void> {
    const stream = STREAMS[at] ?? key('v/a/0');
    const owner = OWNERS[who] ?? { id: '', generation: 0 };
    if (verb === 'claim' || verb === 'live') await this.#claim(stream, owner, verb === 'live');
    else if (verb === 'renew') await this.#renew(owner);
    else if (verb === 'release') await this.#release(stream, owner);
    else if (verb === 'releaseAll') await this.#releaseAll(owner);
    else if (verb === 'find') same(await this.#registry.find(stream), this.#held.get(stream));
    else this.#advance((quarters * this.#leaseMs) / 4);
  }

  /** Both hold the same. */
  async check(): Promise<void> {
    for (const stream of STREAMS) same(await this.#registry.find(stream), this.#held.get(stream));
  }

  async #claim(stream: StreamKey, owner: OwnerRef, live: boolean): Promise<void> {
    const now = this.#held.get(stream);
    const wins = now === undefined || (live && !now.live);
    if (wins) this.#held.set(stream, { owner, live, expires: this.#now + this.#leaseMs });
    same(await this.#registry.claim(stream, owner, live), this.#held.get(stream));
  }

  async #renew(owner: OwnerRef): Promise<void> {
    const isOwn = (stream: StreamKey) => {
      const held = this.#held.get(stream);
      return held !== undefined && isSameLife(held.owner, owner);
    };
    const lost = STREAMS.filter((stream) => !isOwn(stream));
    for (const stream of STREAMS.filter(isOwn)) {
      const held = this.#held.get(stream);
      if (held) this.#held.set(stream, { ...held, expires: this.#now + this.#leaseMs });
    }
    assert.deepEqual(await this.#registry.renew(STREAMS, owner), lost);
  }

  async #release(stream: StreamKey, owner: OwnerRef): Promise<void> {
    const held = this.#held.get(stream);
    const isOwn = held !== undefined && isSameLife(held.owner, owner);
    if (isOwn) this.#held.delete(stream);
    assert.equal(await this.#registry.release(stream, owner), isOwn);
  }

  async #releaseAll(owner: OwnerRef): Promise<void> {
    const gone = [...this.#held].filter(([, held]) => isGoneWith(held.owner, owner));
    for (const [stream] of gone) this.#held.delete(stream);
    assert.equal(await this.#registry.releaseAll(owner), gone.length);
  }

  #advance(ms: number): void {
    this.#now += ms;
    this.#pass(ms);
    for (const [stream, { expires }] of this.#held) {
      if (expires <= this.#now) this.#held.delete(stream);
    }
  }
}

function same(claim: Claim | null, held: Held | undefined): void {
  const told = claim && { owner: claim.owner, live: claim.live ?? false };
  assert.deepEqual(told, held === undefined ? null : { owner: held.owner, live: held.live });
}
