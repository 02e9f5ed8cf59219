import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { JwtKey } from './access-config.js';
import type { Reader } from './readers.js';

/** Least bits of an RSA key (RFC 7518 section 3.3). */
const LEAST_RSA_BITS = 2048;
const MOST_KEYS = 32;
const PEM = /-----BEGIN (PUBLIC KEY|CERTIFICATE)-----[^-]+-----END \1-----/g;

/** Reads the public keys of JWTs: PEM blocks, a JWK, or a JWKS, as the text of a file. */
export const jwtKeys: Reader<readonly JwtKey[]> = {
  rule:
    `PEM public keys or a JWKS, ${MOST_KEYS} keys at most, each RSA of ${LEAST_RSA_BITS} bits ` +
    'or more (RS256) or EC P-256 (ES256)',
  read: (raw) => {
    if (typeof raw !== 'string') return undefined;
    try {
      const keys = raw.trimStart().startsWith('{') ? fromJson(raw) : fromPem(raw);
      return keys.length > 0 && keys.length <= MOST_KEYS ? keys : undefined;
    } catch {
      return undefined;
    }
  },
};

function fromPem(text: string): JwtKey[] {
  if (text.replace(PEM, '').trim() !== '') throw new Error('more than public keys');
  const blocks = text.match(PEM) ?? [];
  return blocks.map((pem) => checked(createPublicKey(pem), null));
}

function fromJson(text: string): JwtKey[] {
  const parsed: unknown = JSON.parse(text);
  const { keys = [parsed] } = parsed as { readonly keys?: readonly unknown[] };
  return keys.map((key) => {
    const { kid } = key as { readonly kid?: unknown };
    const read = createPublicKey({ key: key as JsonWebKey, format: 'jwk' });
    return checked(read, typeof kid === 'string' ? kid : null);
  });
}

/** Throws for a key of another kind. */
function checked(key: KeyObject, kid: string | null): JwtKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const isRsa = type === 'rsa' && (details?.modulusLength ?? 0) >= LEAST_RSA_BITS;
  const isEc = type === 'ec' && details?.namedCurve === 'prime256v1';
  if (!isRsa && !isEc) throw new Error(`a key of type ${type}`);
  const pem = key.export({ type: 'spki', format: 'pem' }).toString();
  return { kid, alg: isRsa ? 'RS256' : 'ES256', pem };
}
