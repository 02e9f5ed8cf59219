import type library from 'mpegts.js';

declare global {
  /** It is no module: the page loads it before our script. */
  const mpegts: typeof library.default;
}
