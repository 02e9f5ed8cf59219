import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { buildProgram, type CliActions, parseArguments } from '../src/cli/program.js';
import { loadConfig } from '../src/config/load.js';
import { KEYS } from '../src/config/schema.js';
import { parseConf } from '../src/srs-conf/parse.js';
import { ROOT } from './helpers/paths.js';

interface Block {
  readonly file: string;
  readonly lines: readonly string[];
}

const DOCS = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const FILES = ['README.md', 'CONTRIBUTING.md', ...DOCS.map((name) => `docs/${name}`)];
const BLOCKS = FILES.flatMap(blocksOf);

/** Text that is indented by four columns, behind an empty line. */
function blocksOf(file: string): Block[] {
  const text = `\n${readFileSync(join(ROOT, file), 'utf8')}`;
  return [...text.matchAll(/\n\n((?: {4}.*\n|\n(?= {4}))+)/g)].map(([, block = '']) => ({
    file,
    lines: block.split('\n').map((line) => line.slice(4)),
  }));
}

/** Every line of all blocks that begins with these words, without its comment. */
function commands(pattern: RegExp): { readonly file: string; readonly command: string }[] {
  return BLOCKS.flatMap(({ file, lines }) =>
    lines
      .flatMap((line) => line.split(/ && | \| /))
      .filter((line) => pattern.test(line))
      .map((line) => ({ file, command: line.replace(/ {3,}.*| # .*| > .*| &$/, '').trim() })),
  );
}

/** Accepts every command, and does nothing. */
const ACTIONS = new Proxy({} as CliActions, { get: () => () => {} });

async function configIn(text: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-docs-'));
  try {
    const file = join(folder, 'srs.yaml');
    await writeFile(file, text);
    await loadConfig({ env: {}, file });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Blocks whose every top key is one of the configuration's. */
function isConfig({ lines }: Block): boolean {
  const sections = new Set(KEYS.map((key) => key.split('.')[0]));
  const keys = lines.flatMap((line) => /^([A-Za-z]\w*):( |$)/.exec(line)?.[1] ?? []);
  return keys.length > 0 && keys.every((key) => sections.has(key));
}

describe('blocks of README and documents', () => {
  it('are found', () => assert.ok(BLOCKS.length > 40, `${BLOCKS.length}`));

  it('call our program as it can be called', async () => {
    const calls = commands(
      /^(\S+=\S+ )*(npx |sudo )?(srs-supervisor|node bin\/srs-supervisor\.js) /,
    );
    assert.ok(calls.length > 8);
    for (const { file, command } of calls) {
      const words = command.replace(/^.*?srs-supervisor(\.js)? /, '').split(/\s+/);
      // The synopsis has its brackets.
      if (words.some((word) => /[[\]…]/.test(word))) continue;
      await assert.doesNotReject(
        parseArguments(buildProgram(ACTIONS, '0'), words),
        `${file}: ${command}`,
      );
    }
  });

  it('name scripts of npm that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const { file, command } of commands(/^npm (run|start|test)\b/)) {
      const [, first = '', second = ''] = command.split(/\s+/);
      const name = first === 'run' ? second : first;
      assert.ok(name in scripts, `${file}: ${command}`);
    }
  });

  it('of configuration can be loaded', async () => {
    const blocks = BLOCKS.filter(isConfig);
    assert.ok(blocks.length > 8);
    for (const { file, lines } of blocks) {
      const text = lines.join('\n');
      assert.doesNotThrow(() => parse(text), `${file}:\n${text}`);
      await assert.doesNotReject(configIn(text), `${file}:\n${text}`);
    }
  });

  it('of srs.conf can be parsed', () => {
    const blocks = BLOCKS.filter(({ lines }) =>
      lines.some((line) => /^[a-z_]+ .*\{\s*$/.test(line)),
    );
    assert.ok(blocks.length > 0);
    for (const { file, lines } of blocks) {
      assert.doesNotThrow(() => parseConf(lines.join('\n')), `${file}:\n${lines.join('\n')}`);
    }
  });

  it('of nft are taken by a machine without our table', () => {
    const calls = commands(/^nft 'table/);
    assert.ok(calls.length > 0);
    if (process.getuid?.() !== 0 || spawnSync('nft', ['--version']).status !== 0) return;
    for (const { command } of calls) {
      const script = command.replace(/^nft '(.*)'$/, '$1');
      const { status, stderr } = spawnSync('nft', ['-c', script], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }
  });
});
