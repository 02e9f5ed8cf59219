/** Returns `1 child`, `3 children`; by default the plural has an `s`. */
export function plural(count: number, what: string, several = `${what}s`): string {
  return `${count} ${count === 1 ? what : several}`;
}
