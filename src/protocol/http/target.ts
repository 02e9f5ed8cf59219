/** A request's target (RFC 9112, 3.2), origin-form or absolute-form, in the client's spelling. */
export interface RequestTarget {
  /** Of an absolute-form, which then counts instead of the Host header; else null. */
  readonly authority: string | null;
  readonly path: string;
  /** Without its `?`. */
  readonly query: string;
}

const TARGET = /^(?:https?:\/\/([^/?#]+))?(\/[^?#]*)?(?:\?([^#]*))?$/i;
/** `..`, a slash within a segment, NUL: what one program takes for a name and another for a path. */
const AMBIGUOUS = /(?:^|\/)(?:\.|%2e){2}(?:\/|$)|%2f|%5c|%00|\\/i;

/** Null for other forms (`*`, `host:port`) and for what is none. */
export function parseTarget(target: string): RequestTarget | null {
  const parts = TARGET.exec(target);
  if (parts === null) return null;
  const [, authority = null, path, query = ''] = parts;
  if (path === undefined && authority === null) return null;
  return { authority, path: path ?? '/', query };
}

/** Whether programs could disagree on what the path names: such a path is nobody's. */
export function isAmbiguous(path: string): boolean {
  return AMBIGUOUS.test(path);
}

/** The name in an authority, without its port. */
export function hostName(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}
