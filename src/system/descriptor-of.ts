/**
 * Returns the descriptor of a socket, a pipe or a server of Node's, which has no public name; null
 * if it has none (any more).
 */
export function descriptorOf(holder: object): number | null {
  const { _handle: handle } = holder as { readonly _handle?: { readonly fd?: number } | null };
  const fd = handle?.fd ?? -1;
  return fd < 0 ? null : fd;
}
