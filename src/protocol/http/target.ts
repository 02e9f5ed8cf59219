/** A request target (RFC 9112 §3.2) in origin-form or absolute-form, undecoded. */
export interface RequestTarget {
  /** Authority of an absolute-form, which overrides the Host header; null for origin-form. */
  readonly authority: string | null;
  readonly path: string;
  /** The query without its `?`. */
  readonly query: string;
}

const TARGET = /^(?:https?:\/\/([^/?#]+))?(\/[^?#]*)?(?:\?([^#]*))?$/i;
/** `..`, encoded slashes, NUL: programs disagree on whether these are names or paths. */
const AMBIGUOUS = /(?:^|\/)(?:\.|%2e){2}(?:\/|$)|%2f|%5c|%00|\\/i;

/** Parses a target. Returns null for other forms (`*`, `host:port`) and for malformed targets. */
export function parseTarget(target: string): RequestTarget | null {
  const parts = TARGET.exec(target);
  if (parts === null) return null;
  const [, authority = null, path, query = ''] = parts;
  if (path === undefined && authority === null) return null;
  return { authority, path: path ?? '/', query };
}

/** Reports whether programs could disagree on what the path names. Such a path is refused. */
export function isAmbiguous(path: string): boolean {
  return AMBIGUOUS.test(path);
}

/** Returns the host of an authority without its port and brackets. */
export function hostName(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
}
