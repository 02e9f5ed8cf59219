import type { Amf0Value } from './amf0.js';

export interface PlayArguments {
  readonly name: Amf0Value;
  /** Milliseconds of media after which the server closes; 0 or less: no limit. */
  readonly limitMs: number;
}

/** Types of start, duration and reset, which follow the name. */
const TYPES = [['number'], ['number'], ['boolean', 'number']];

/** Parses the arguments of `play`; null if SRS would close, as for null instead of a number. */
export function readPlayArguments([name, ...rest]: readonly Amf0Value[]): PlayArguments | null {
  const isFine = TYPES.every((types, at) => at >= rest.length || types.includes(typeof rest[at]));
  if (!isFine) return null;
  const [, duration] = rest;
  return { name, limitMs: typeof duration === 'number' ? duration : 0 };
}
