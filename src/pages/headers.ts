import { hostName } from '../protocol/http/target.js';

/** Host names that a Content-Security-Policy can contain; it has no form for IPv6 addresses. */
const NAME = /^[\w-]+(\.[\w-]+)*$/;

/**
 * Returns the security headers of our pages. Scripts, styles and images come from this port only;
 * connections go to any port of the request's `Host`, because the API has another port.
 */
export function pageHeaders(host: string): Readonly<Record<string, string>> {
  return headersWith({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'media-src': "'self' blob:",
    'connect-src': `'self' ${anyPortOf(host)}`,
    'base-uri': "'none'",
    'form-action': "'none'",
  });
}

/** Returns the sources of a policy that stand for all ports of a request's `Host`. */
export function anyPortOf(host: string): string {
  const name = hostName(host);
  return NAME.test(name) ? `http://${name}:* https://${name}:*` : 'http: https:';
}

/** Returns the security headers of a page with that Content-Security-Policy. */
export function headersWith(
  policy: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map((words) => words.join(' '))
      .join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}
