import { AccessRules } from '../../src/access/rules.js';

/** Everybody may publish and play. */
export const OPEN_ACCESS = new AccessRules([]);
