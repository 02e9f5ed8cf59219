import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { AccessConfig } from '../config/access-config.js';
import { parseNamedStream, type StreamKey } from '../stream-key.js';
import type { Bearer, CheckTime } from './signed.js';

type JwtConfig = AccessConfig['jwt'];

interface VerifyingKey {
  /** Null: for tokens with any `kid`. */
  readonly kid: string | null;
  readonly alg: string;
  readonly key: KeyObject;
}

/** The result for a JWT. `address`: the only one for which it is good; null: any. */
export type JwtResult = { readonly fault: string } | { readonly address: string | null };

/**
 * Verifies JWTs. The algorithm belongs to the key and never to the token alone, so that a public
 * key is never taken for an HMAC's secret.
 */
export class JwtVerifier {
  readonly #keys: readonly VerifyingKey[];
  readonly #config: JwtConfig;

  constructor(config: JwtConfig) {
    const { keys, secret } = config;
    const known = (keys ?? []).map(({ kid, alg, pem }) => ({
      kid,
      alg,
      key: createPublicKey(pem),
    }));
    const shared =
      secret === null ? [] : [{ kid: null, alg: 'HS256', key: createSecretKey(secret, 'utf8') }];
    this.#keys = [...known, ...shared];
    this.#config = config;
  }

  /** Checks a token for that client. Never rejects. */
  async check(token: string, bearer: Bearer, time: CheckTime): Promise<JwtResult> {
    let last: JwtResult = { fault: 'it names no key and algorithm that are known here' };
    for (const { alg, key } of this.#candidates(token)) {
      last = await this.#verify(token, { alg, key }, time).then(
        (claims) => judge(claims, bearer),
        (error: unknown) => ({ fault: reasonOf(error, time.now) }),
      );
      if ('address' in last) return last;
    }
    return last;
  }

  #candidates(token: string): readonly VerifyingKey[] {
    try {
      const { alg, kid } = decodeProtectedHeader(token);
      return this.#keys.filter(
        (one) => one.alg === alg && (kid === undefined || (one.kid ?? kid) === kid),
      );
    } catch {
      return [];
    }
  }

  async #verify(
    token: string,
    { alg, key }: Pick<VerifyingKey, 'alg' | 'key'>,
    { now, leeway }: CheckTime,
  ): Promise<JWTPayload> {
    const { issuer, audience } = this.#config;
    const { payload } = await jwtVerify(token, key, {
      algorithms: [alg],
      requiredClaims: ['exp'],
      currentDate: new Date(now * 1000),
      clockTolerance: leeway,
      ...(issuer === null ? {} : { issuer }),
      ...(audience === null ? {} : { audience }),
    });
    return payload;
  }
}

/** Compares the claims `stream`, `role` and `ip` with a client. */
function judge({ stream, role, ip }: JWTPayload, bearer: Bearer): JwtResult {
  if (!textsOf(stream).some((one) => covers(one, bearer.stream))) {
    return { fault: 'its claim stream is not for this stream' };
  }
  if (!textsOf(role).includes(bearer.role)) return { fault: 'its claim role is not for this role' };
  if (ip === undefined) return { address: null };
  return ip === bearer.address ? { address: ip } : { fault: 'its claim ip is another address' };
}

function textsOf(claim: unknown): string[] {
  const items: unknown[] = Array.isArray(claim) ? claim : [claim];
  return items.filter((item) => typeof item === 'string');
}

/** `live/cam` is a stream, and `live/*` all of an app. */
function covers(claimed: string, stream: StreamKey): boolean {
  const named = parseNamedStream(claimed);
  if (named === stream) return true;
  return (
    named?.endsWith('/*') === true &&
    stream.slice(0, stream.lastIndexOf('/') + 1) === named.slice(0, -1)
  );
}

function reasonOf(error: unknown, now: number): string {
  if (error instanceof errors.JWTExpired) {
    return `it expired ${Math.floor(now - Number(error.payload.exp))} s ago`;
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return `its claim ${error.claim} is ${error.reason === 'missing' ? 'missing' : 'not accepted'}`;
  }
  const isForged = error instanceof errors.JWSSignatureVerificationFailed;
  return isForged ? 'its signature is wrong' : 'it is malformed';
}
