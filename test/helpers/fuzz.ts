/** Settings of fuzzing by mutation: FUZZ_RUNS and FUZZ_SEED change them. */
import { test } from 'node:test';
import fc from 'fast-check';

const numRuns = Number(process.env.FUZZ_RUNS ?? 2_000);
const seed = Number(process.env.FUZZ_SEED ?? 1);
type Mutation = (bytes: Buffer, at: number, byte: number) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (bytes, at, byte) => Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at)]),
  (bytes, at, byte) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + (byte % 16))]),
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, byte) => Buffer.from(bytes.map((old, index) => (index === at ? byte : old))),
  (bytes, at, byte) =>
    Buffer.from(bytes.map((old, i) => (i === at ? old ^ (1 << (byte % 8)) : old))),
  (bytes, at) => Buffer.concat([bytes, bytes.subarray(at)]),
  (bytes, at) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.alloc(4, 0xff), bytes.subarray(at + 4)]),
];

/** Generates a seed with up to eight mutations, or random bytes. */
function mutated(seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const step = fc.tuple(fc.nat(MUTATIONS.length - 1), fc.nat(), fc.nat(255));
  const fromSeed = fc
    .tuple(fc.nat(seeds.length - 1), fc.array(step, { minLength: 1, maxLength: 8 }))
    .map(([which, steps]) => steps.reduce(mutate, seeds[which]!));
  const fromNowhere = fc.uint8Array({ maxLength: 4096 }).map((bytes) => Buffer.from(bytes));
  return fc.oneof({ weight: 4, arbitrary: fromSeed }, { weight: 1, arbitrary: fromNowhere });
}

function mutate(bytes: Buffer, [which, place, byte]: [number, number, number]): Buffer {
  return MUTATIONS[which]!(bytes, place % (bytes.length + 1), byte);
}

/** Defines a test: `property` must not throw for mutated seeds and past crashers (hex). */
export function fuzz(
  name: string,
  seeds: readonly Buffer[],
  property: (bytes: Buffer) => void,
  crashers: readonly string[] = [],
): void {
  test(`${name} takes any bytes`, () => {
    for (const crasher of crashers) property(Buffer.from(crasher, 'hex'));
    fc.assert(fc.property(mutated(seeds), property), { numRuns, seed });
  });
}
