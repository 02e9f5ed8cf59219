/**
 * Puts beside the compiled scripts what is not compiled: pages, looks, and the players' libraries;
 * and makes one script of those of the console. The folder that has the scripts is the argument.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..');
const BUILT = join(process.argv[2] ?? join(ROOT, 'dist'), 'pages');
const OUT = join(BUILT, 'players');
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

/** Style sheets of the console in their order: later ones count more. */
const LOOKS = 'base head machine charts lists details dialogs widths'.split(' ');

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

const FILES = join(BUILT, 'console-files');
const CONSOLE = join(HERE, 'console');
await build({
  entryPoints: [join(BUILT, 'console/main.js')],
  outfile: join(FILES, 'console.js'),
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
});
const looks = [
  join(ROOT, 'node_modules/uplot/dist/uPlot.min.css'),
  ...LOOKS.map((name) => join(CONSOLE, `${name}.css`)),
];
writeFileSync(join(FILES, 'console.css'), looks.map((file) => readFileSync(file)).join('\n'));
cpSync(join(ROOT, 'node_modules/uplot/LICENSE'), join(FILES, 'uPlot.LICENSE.txt'));
cpSync(join(HERE, 'players/icon.svg'), join(FILES, 'icon.svg'));
cpSync(join(CONSOLE, PAGE), join(FILES, 'index.html'));
