/** Token that a client must show: a signed one, a JWT, either of them, or none. */
export type TokenRule = 'off' | 'signed' | 'jwt' | 'required';

/** Conditions for clients of one role. */
export interface SideRule {
  /** Addresses and networks; empty: all are allowed. */
  readonly allow: readonly string[];
  /** Addresses and networks that are refused, even if allowed. */
  readonly deny: readonly string[];
  readonly token: TokenRule;
}

/** A rule about the streams of one vhost and app. */
export interface AccessListRule {
  /** Null: any. */
  readonly vhost: string | null;
  readonly app: string | null;
  /** Null: everybody may. */
  readonly publish: SideRule | null;
  readonly play: SideRule | null;
}

/** A secret of signed URLs, and the id by which URLs name it. */
export interface SigningKey {
  readonly id: string;
  readonly secret: string;
}

/** A public key by which JWTs are verified. */
export interface JwtKey {
  /** Null: for tokens with any `kid`. */
  readonly kid: string | null;
  readonly alg: 'RS256' | 'ES256';
  /** In SPKI form. */
  readonly pem: string;
}

/** The configuration's section `access`. */
export interface AccessConfig {
  /** The first that fits a stream decides; a stream that none fits is open. */
  readonly rules: readonly AccessListRule[];
  /** The first key signs; URLs of all of them are accepted. */
  readonly keys: readonly SigningKey[];
  /** File that holds `keys`. */
  readonly keysFile: string | null;
  /** Seconds by which clocks may differ from the signer's. */
  readonly leewaySeconds: number;
  readonly jwt: {
    /** Null: no RS256 or ES256. */
    readonly keys: readonly JwtKey[] | null;
    /** File that holds `keys`. */
    readonly keysFile: string | null;
    /** Null: no HS256. */
    readonly secret: string | null;
    /** File that holds `secret`. */
    readonly secretFile: string | null;
    /** Wanted `iss`; null: any. */
    readonly issuer: string | null;
    /** Wanted `aud`; null: any. */
    readonly audience: string | null;
  };
}
