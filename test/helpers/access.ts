import { JwtVerifier } from '../../src/access/jwt.js';
import { AccessPolicy } from '../../src/access/policy.js';
import { AccessRules } from '../../src/access/rules.js';

/** Everybody may publish and play. */
export const OPEN_POLICY = new AccessPolicy([]);
export const OPEN_ACCESS = new AccessRules([]);

/** The settings of a box without JWT. */
export const JWT_OFF = {
  ...{ keys: null, keysFile: null, secret: null, secretFile: null },
  ...{ issuer: null, audience: null },
};
export const NO_JWT = new JwtVerifier(JWT_OFF);
