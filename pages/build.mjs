/**
 * Puts beside the compiled scripts what is not compiled: pages, looks, and the players' libraries.
 * The folder that has the scripts is the argument.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..');
const OUT = join(process.argv[2] ?? join(ROOT, 'dist'), 'pages/players');
/** What all pages are made from. */
const PAGE = 'page.html';

/** Each page has the script of its own name; `libraries` are tags before that. */
const PAGES = {
  index: { title: 'Streams', heading: 'Play or publish a stream' },
  flv: {
    title: 'HTTP-FLV',
    heading: 'Play HTTP-FLV',
    libraries: '<script src="vendor/mpegts.js" defer></script>\n    ',
  },
  hls: { title: 'HLS', heading: 'Play HLS' },
  whep: { title: 'WHEP', heading: 'Play WebRTC (WHEP)' },
  whip: { title: 'WHIP', heading: 'Publish a camera (WHIP)' },
};

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
  filter: (path) => !path.endsWith('.ts') && !path.endsWith(PAGE),
});
const page = readFileSync(join(HERE, 'players', PAGE), 'utf8');
for (const [name, words] of Object.entries(PAGES)) {
  const text = { libraries: '', ...words, name };
  const html = page.replace(/\{\{(\w+)\}\}/g, (_, word) => text[word]);
  writeFileSync(join(OUT, `${name}.html`), html);
}
for (const [file, name] of Object.entries(VENDOR)) {
  cpSync(join(ROOT, 'node_modules', file), join(OUT, 'vendor', name));
}
