import type { SigningKey } from '../config/access-config.js';
import type { JwtVerifier } from './jwt.js';
import { type Bearer, isForOneAddress, isSigned, signedFault } from './signed.js';

/** The result of checking a client's token. */
export type Proof =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'good';
      readonly by: 'signed' | 'jwt';
      /** The only address for which it is good; null: any. */
      readonly address: string | null;
    }
  | { readonly kind: 'bad'; readonly reason: string };

export interface TokenRules {
  readonly keys: readonly SigningKey[];
  /** Seconds by which clocks may differ from the signer's. */
  readonly leewaySeconds: number;
  readonly jwt: JwtVerifier;
}

export const NO_PROOF: Proof = { kind: 'none' };

/** Checks a client's token; null: it has shown none. */
export async function prove(
  token: string | null,
  bearer: Bearer,
  { keys, leewaySeconds, jwt }: TokenRules,
): Promise<Proof> {
  if (token === null) return NO_PROOF;
  const time = { now: Date.now() / 1000, leeway: leewaySeconds };
  if (!isSigned(token)) {
    const result = await jwt.check(token, bearer, time);
    return 'fault' in result ? bad(result.fault) : { kind: 'good', by: 'jwt', ...result };
  }
  const fault = signedFault(token, bearer, keys, time);
  if (fault !== null) return bad(fault);
  return { kind: 'good', by: 'signed', address: isForOneAddress(token) ? bearer.address : null };
}

function bad(reason: string): Proof {
  return { kind: 'bad', reason };
}
