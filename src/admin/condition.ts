import type { ChildNote, ChildRow } from './types.js';

/** Returns a child's state in one word, with what narrows `ready`. */
export function conditionOf({ state, health, ejected }: ChildRow): ChildNote['state'] {
  if (state !== 'ready') return state;
  if (health !== 'ok') return health;
  return ejected ? 'ejected' : state;
}
