import { AccessPolicy } from '../../src/access/policy.js';
import { AccessRules } from '../../src/access/rules.js';

/** Everybody may publish and play. */
export const OPEN_POLICY = new AccessPolicy([]);
export const OPEN_ACCESS = new AccessRules([]);
