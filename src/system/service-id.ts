import { randomSigns } from './random-signs.js';

/** Id of this run, as SRS's API and hooks show it: another one after each start. */
export const SERVICE_ID = randomSigns(8);
