import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEYS } from '../../src/config/schema.js';
import { ROOT } from './paths.js';

/** Folders whose documents a user reads. */
const FOLDERS = ['.', 'docs', 'examples', 'examples/cluster', 'srs-bin'];
/** No user runs anything of these. */
const WITHOUT_COMMANDS = ['ARCHITECTURE.md', 'CHANGELOG.md'];
/** Programs that a user calls. Variables may be set before each. */
const COMMAND =
  /^(?:[A-Z_]+=\S+\s+)*(?:sudo |npx )?(?:srs-supervisor|mini-srs|node|npm|curl|ffmpeg|ffplay|nft|sh|systemctl|srt-live-transmit) /;
/** A label and a column before a command, as on the first screen: `publish  ffmpeg …`. */
const LABEL = /^(?:[a-z]+)? {2,}/;

/** Blocks that are neither commands nor files: the first words of each, and what holds it. */
export const SHOWN: Readonly<Record<string, string>> = {
  'publisher ──> child': 'a drawing: e2e/fanout',
  'srs-supervisor run     [-c FILE]': 'the synopsis: docs-blocks',
  'mini-srs -c FILE': 'the synopsis: test/origin/main',
  'srs-supervisor: srs.yaml:3:': 'what a wrong key says: docs-blocks',
  'srs-supervisor: workDir:': 'child/workdir',
  '$ srs-supervisor': 'orders, and what they print: e2e/runbook',
  'srs-supervisor: another job': 'a second order: jobs/jobs',
  'srs-supervisor: drain c003': 'a drain that does not end: jobs/drain',
  'srs-supervisor: restart --all': 'a restart that ends early: jobs/restart',
  'srs-supervisor: restart c003': 'a process that does not end: e2e/operate-faults',
  'srs-supervisor: scale 200': 'no room: e2e/operate',
  'ok    descriptors': 'check/limits',
  'note  template  listen': 'what check says: e2e/template',
  '{"level":40,"child":"c001"': 'child/ails',
  'CHILD  STATE    PID': 'a table: cli/query',
  'c002 broken for': 'cli/query',
  '{"level":"info","time":': 'a line of the log: logging',
  '{"dryRun":false,': 'a report: e2e/reload',
  'INFO [gate] publisher taken over': 'a line of the log: e2e/takeover',
  'const mac = createHmac': 'how a web server signs: access/signed',
  'workDir/hls/c001-3': 'paths: hls/playlists',
  'http://127.0.0.1:12025/': 'a URL: e2e/console',
  'ssh -L 12025:': 'two ports of another machine: a command of OpenSSH',
  'http://BOX:8080/APP/STREAM.flv': 'a URL: e2e/http',
  'srt://HOST:10080': 'a URL: e2e/srt',
};

/** Text that is indented by four columns, behind an empty line. */
export interface Block {
  readonly file: string;
  /** The line number of its first line. */
  readonly at: number;
  readonly lines: readonly string[];
}

const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md') && !WITHOUT_COMMANDS.includes(name))
    .map((name) => join(folder, name)),
);

export const BLOCKS = FILES.flatMap(blocksOf);

function blocksOf(file: string): Block[] {
  const text = `\n${readFileSync(join(ROOT, file), 'utf8')}`;
  const found = text.matchAll(/(?<=\n\n)(?: {4}.*\n|\n(?= {4}))+/g);
  return Array.from(found, ({ 0: block, index }) => ({
    file,
    at: text.slice(0, index).split('\n').length - 1,
    lines: outdented(block.trimEnd().split('\n')),
  }));
}

/** Lines without the blanks that all of them begin with. */
function outdented(lines: readonly string[]): string[] {
  const depths = lines.filter((line) => line !== '').map((line) => line.search(/\S/));
  return lines.map((line) => line.slice(Math.min(...depths)));
}

/** The name of a block in messages. */
export function nameOf({ file, at }: Block): string {
  return `${file}:${at}`;
}

/** Reports whether a block only shows something. */
export function isShown({ lines }: Block): boolean {
  return Object.keys(SHOWN).some((words) => lines.some((line) => line.trim().startsWith(words)));
}

/**
 * Commands of a block as they are typed: continued lines are joined, comments, labels and remarks
 * behind three spaces or more are left out.
 */
export function commandsOf(block: Block): string[] {
  if (isShown(block)) return [];
  const joined = block.lines
    .join('\n')
    .replace(/ *\\\n */g, ' ')
    .split('\n');
  return joined
    .map((line) => line.replace(LABEL, ''))
    .filter((line) => COMMAND.test(`${line} `))
    .map((line) => line.replace(/(\S) {3,}(?:\(.*|# .*|[a-z].*)$/, '$1').replace(/ +# .*$/, ''))
    .map((line) => line.trim());
}

/** Reports whether every top key of a block is one of the configuration's. */
export function isConfig({ lines }: Block): boolean {
  const sections = new Set(KEYS.map((key) => key.split('.')[0]));
  const keys = lines.flatMap((line) => /^([A-Za-z]\w*):( |$)/.exec(line)?.[1] ?? []);
  return keys.length > 0 && keys.every((key) => sections.has(key));
}

/** Reports whether a block is part of an srs.conf. */
export function isSrsConf({ lines }: Block): boolean {
  return lines.some((line) => /^[a-z_]+ (?:.*\{\s*$|\S*\s*\{.*\}\s*$)/.test(line));
}
