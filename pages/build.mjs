/** Puts beside the compiled scripts what is not compiled: pages, looks, and the players' libraries. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..');
const OUT = join(ROOT, 'dist/pages/players');

/** File of a package -> its name in vendor/. */
const VENDOR = {
  'hls.js/dist/hls.light.min.mjs': 'hls.js',
  'hls.js/LICENSE': 'hls.LICENSE.txt',
  'mpegts.js/dist/mpegts.js': 'mpegts.js',
  'mpegts.js/dist/mpegts.js.LICENSE.txt': 'mpegts.js.LICENSE.txt',
  'mpegts.js/LICENSE': 'mpegts.LICENSE.txt',
};

mkdirSync(join(OUT, 'vendor'), { recursive: true });
cpSync(join(HERE, 'players'), OUT, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
for (const [file, name] of Object.entries(VENDOR)) {
  cpSync(join(ROOT, 'node_modules', file), join(OUT, 'vendor', name));
}
