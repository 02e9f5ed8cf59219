const MAX_PREFIX = 256;
const PREFIX = /^(?:\/[\w.~!$&'()*+;=:@%-]+)+\/?$/;

/**
 * Returns the path that a proxy has stripped from a request, by its `X-Forwarded-Prefix`, without a
 * slash at the end; '' if the header is absent or is no path.
 */
export function forwardedPrefix(header: string | undefined): string {
  if (header === undefined || header.length > MAX_PREFIX || !PREFIX.test(header)) return '';
  return header.replace(/\/$/, '');
}
