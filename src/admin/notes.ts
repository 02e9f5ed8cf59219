import type { ChildNote, ChildRow } from './types.js';

/** Returns the children that are not simply ready, with the reason. */
export function notesOf(rows: readonly ChildRow[]): ChildNote[] {
  return rows
    .filter(({ state, why }) => state !== 'ready' || (why ?? null) !== null)
    .map((row) => ({ id: row.id, state: conditionOf(row), since: row.since, why: row.why }));
}

/** Returns a child's state in one word, with what narrows `ready`. */
export function conditionOf({ state, health, ejected }: ChildRow): ChildNote['state'] {
  if (state !== 'ready') return state;
  if (health !== 'ok') return health;
  return ejected ? 'ejected' : state;
}
