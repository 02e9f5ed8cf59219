import { SupervisorError } from '../../errors.js';
import { type Directive, find } from '../../srs-conf/parse.js';

type Path = [string, ...string[]];

/** Makes a config error with SRS's message. */
export function fail(text: string): SupervisorError {
  return new SupervisorError('ERR_CONFIG', text);
}

/** Returns the first argument of a directive. */
export function text(from: readonly Directive[], fallback: string, ...path: Path): string {
  return find(from, ...path)?.args[0] ?? fallback;
}

export function isOn(from: readonly Directive[], fallback: boolean, ...path: Path): boolean {
  return text(from, fallback ? 'on' : 'off', ...path) === 'on';
}

/** Returns a non-negative number; the fallback for anything else. */
export function number(from: readonly Directive[], fallback: number, ...path: Path): number {
  const value = Number(text(from, String(fallback), ...path));
  return value >= 0 ? value : fallback;
}
