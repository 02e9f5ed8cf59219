import { hostName } from '../protocol/http/target.js';

/** What a Content-Security-Policy can name; it knows no IPv6 addresses. */
const NAME = /^[\w-]+(\.[\w-]+)*$/;

/**
 * What browsers are told about our pages: scripts, looks and pictures from here only, and
 * connections to no other host than the one in the request's `Host`, whose API has another port.
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
