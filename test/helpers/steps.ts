/**
 * Counts the work of a piece of code, independent of the machine's load: the blocks of our code
 * that V8 runs, and the bytes and characters that library calls process, which V8 does not count.
 */
import { Session } from 'node:inspector';

type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** Bytes or characters that a call processes, computed before it, or after it from its result. */
type Size = (self: unknown, args: unknown[]) => number | (() => number);

const CALLS: readonly [owner: object, name: string, size: Size][] = [
  [Buffer, 'concat', (_, [list]) => sum(list as readonly Buffer[])],
  [Buffer.prototype, 'copy', (self, [, , from = 0]) => length(self) - Number(from)],
  [
    Buffer.prototype,
    'toString',
    (self, [, from = 0, to]) => Number(to ?? length(self)) - Number(from),
  ],
  [Buffer.prototype, 'equals', length],
  [Object.getPrototypeOf(Uint8Array.prototype), 'set', (_, [source]) => length(source)],
  [Array.prototype, 'shift', length],
  [Array.prototype, 'find', length],
  [Array.prototype, 'includes', length],
  [RegExp.prototype, 'exec', searched],
  ...(['split', 'replace', 'replaceAll', 'search', 'toLowerCase'] as const).map(
    (name): [object, string, Size] => [String.prototype, name, length],
  ),
];

function length(of: unknown): number {
  return (of as { length?: number } | undefined)?.length ?? 0;
}

function sum(list: readonly Buffer[]): number {
  return list.reduce((total, { length: size }) => total + size, 0);
}

/** A sticky pattern looks at one place; a global one continues where it was. */
function searched(self: unknown, [text]: unknown[]): number | (() => number) {
  const pattern = self as RegExp;
  if (pattern.sticky) return 0;
  if (!pattern.global) return length(text);
  const from = pattern.lastIndex;
  return () => (pattern.lastIndex || length(text)) - from;
}

/** Runs `work` while counting the calls; returns the count. */
function countCalls(work: () => void): number {
  let count = 0;
  const originals = CALLS.map(([owner, name]) => Reflect.get(owner, name) as AnyFunction);
  for (const [index, [owner, name, size]] of CALLS.entries()) {
    const original = originals[index] as AnyFunction;
    Reflect.set(owner, name, function counted(this: unknown, ...args: never[]) {
      const told = size(this, args);
      const answer = original.apply(this, args);
      count += 1 + (typeof told === 'number' ? told : told());
      return answer;
    });
  }
  try {
    work();
  } finally {
    for (const [index, [owner, name]] of CALLS.entries()) {
      Reflect.set(owner, name, originals[index]);
    }
  }
  return count;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/** Counts steps in modules whose URL contains `part`. */
export class StepCounter {
  readonly #session = new Session();
  readonly #part: string;

  constructor(part: string) {
    this.#part = part;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Returns the number of steps of `work`. */
  count(work: () => void): number {
    this.#blocks();
    const calls = countCalls(work);
    return calls + this.#blocks();
  }

  close(): void {
    this.#session.disconnect();
  }

  /** Returns the blocks run since the last call. */
  #blocks(): number {
    let coverage: Coverage = { result: [] };
    this.#session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error;
      coverage = answer;
    });
    const counts = coverage.result
      .filter(({ url }) => url.includes(this.#part))
      .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
      .map(({ count }) => count);
    return counts.reduce((total, count) => total + count, 0);
  }
}
