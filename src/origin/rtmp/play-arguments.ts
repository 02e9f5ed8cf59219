import type { Amf0Value } from '../../protocol/rtmp/amf0.js';

/** What `play` asks for. */
export interface PlayArguments {
  readonly name: Amf0Value;
  /** Milliseconds after which the server hangs up; 0 or less: never. */
  readonly limitMs: number;
}

/** Types of start, duration and reset behind the name. */
const TYPES = [['number'], ['number'], ['boolean', 'number']];

/** Reads the arguments of `play`; null for what SRS hangs up on, such as null in place of a number. */
export function readPlayArguments([name, ...rest]: readonly Amf0Value[]): PlayArguments | null {
  const isFine = TYPES.every((types, at) => at >= rest.length || types.includes(typeof rest[at]));
  if (!isFine) return null;
  const [, duration] = rest;
  return { name, limitMs: typeof duration === 'number' ? duration : 0 };
}
