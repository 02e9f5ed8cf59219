import { hostName } from '../protocol/http/target.js';

/** Host names that a Content-Security-Policy can contain; it has no form for IPv6 addresses. */
const NAME = /^[\w-]+(\.[\w-]+)*$/;

/**
 * Returns the security headers of our pages. Scripts, styles and images come from this port only;
 * connections go to any port of the request's `Host`, because the API has another port.
 */
export function pageHeaders(host: string): Readonly<Record<string, string>> {
  const name = hostName(host);
  const api = NAME.test(name) ? `http://${name}:* https://${name}:*` : 'http: https:';
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'media-src': "'self' blob:",
    'connect-src': `'self' ${api}`,
    'base-uri': "'none'",
    'form-action': "'none'",
  };
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map((words) => words.join(' '))
      .join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}
