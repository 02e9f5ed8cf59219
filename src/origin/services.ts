import type { Context } from './context.js';
import type { Service } from './service.js';

/** The parts that an origin has beside RTMP, HTTP-FLV and the API, in the order of their start. */
export function createServices(_context: Context): Service[] {
  return [];
}
