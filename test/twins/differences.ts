import type { Difference } from './compare.js';
import { HTTP } from './differences/http.js';
import { MEDIA } from './differences/media.js';
import { RTMP } from './differences/rtmp.js';

/** All that a box or mini-srs says otherwise than a lone SRS, on purpose or not yet mended. */
export const DIFFERENCES: readonly Difference[] = [...RTMP, ...HTTP, ...MEDIA];
