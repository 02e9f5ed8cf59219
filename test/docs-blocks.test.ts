/** Kinds of the blocks in README and documents. e2e/docs runs their commands. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { buildProgram, type CliActions, commandNames, parseArguments } from '../src/cli/program.js';
import { loadConfig } from '../src/config/load.js';
import { parseConf } from '../src/srs-conf/parse.js';
import {
  BLOCKS,
  type Block,
  commandsOf,
  isConfig,
  isShown,
  isSrsConf,
  nameOf,
  SHOWN,
} from './helpers/doc-blocks.js';
import { NOT_RUN } from './helpers/doc-commands.js';
import { ROOT } from './helpers/paths.js';

/** Commands that no test runs. A new one needs a reason there, and a good one here. */
const MOST_NOT_RUN = 13;
/** Secrets that a document names and leaves to the environment. */
const SECRETS = { SRS_SUPERVISOR_API_TOKEN: 'sixteen-characters-or-more' };

/** Each command of all blocks, with the name of its block. */
function commands(pattern: RegExp): { readonly name: string; readonly command: string }[] {
  return BLOCKS.flatMap((block) =>
    commandsOf(block)
      .flatMap((line) => line.split(/ && | \| /))
      .filter((line) => pattern.test(line))
      .map((line) => ({ name: nameOf(block), command: line.replace(/ > .*| &$/, '').trim() })),
  );
}

/** Accepts every command, and does nothing. */
const ACTIONS = new Proxy({} as CliActions, { get: () => () => {} });

async function errorOf(text: string): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-docs-'));
  try {
    const file = join(folder, 'srs.yaml');
    await writeFile(file, text);
    await loadConfig({ env: SECRETS, file });
    return null;
  } catch (error) {
    return (error as Error).message.replace(`${folder}/`, '');
  } finally {
    await rm(folder, { recursive: true });
  }
}

function block(words: string): Block {
  const found = BLOCKS.find(({ lines }) => lines.join('\n').includes(words));
  assert.ok(found, words);
  return found;
}

describe('blocks of README and documents', () => {
  it('are found', () => assert.ok(BLOCKS.length > 40, `${BLOCKS.length}`));

  it('are commands, configuration, an srs.conf, or something that is shown', () => {
    const isKnown = (one: Block) =>
      isShown(one) || isConfig(one) || isSrsConf(one) || commandsOf(one).length > 0;
    assert.deepEqual(BLOCKS.filter((one) => !isKnown(one)).map(nameOf), []);
    const texts = BLOCKS.map(({ lines }) => lines.join('\n'));
    const isLost = (words: string) => !texts.some((text) => text.includes(words));
    assert.deepEqual(Object.keys(SHOWN).filter(isLost), []);
  });

  it('have few commands that are not run', () => {
    const all = [...new Set(commands(/./).map(({ command }) => command))];
    const left = all.filter((command) => NOT_RUN.some(([pattern]) => pattern.test(command)));
    assert.ok(left.length <= MOST_NOT_RUN, left.join('\n'));
    for (const [pattern] of NOT_RUN)
      assert.ok(
        all.some((one) => pattern.test(one)),
        `${pattern}`,
      );
  });

  it('call our program as it can be called', async () => {
    const calls = commands(
      /^(\S+=\S+ )*(npx |sudo )?(srs-supervisor|node bin\/srs-supervisor\.js) /,
    );
    assert.ok(calls.length > 8);
    for (const { name, command } of calls) {
      const words = command.replace(/^.*?srs-supervisor(\.js)? /, '').split(/\s+/);
      await assert.doesNotReject(
        parseArguments(buildProgram(ACTIONS, '0'), words),
        `${name}: ${command}`,
      );
    }
  });

  it('of the synopsis name every command', () => {
    const named = block('[-c FILE]').lines.flatMap((line) => {
      const [, names = ''] = /^srs-supervisor ((?:[a-z]+ \| )*[a-z]+)/.exec(line) ?? [];
      return names.split(' | ').filter(Boolean);
    });
    const there = commandNames(buildProgram(ACTIONS, '0'));
    assert.deepEqual(named.sort(), there.sort());
  });

  it('name scripts of npm, and test files, that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const { name, command } of commands(/^npm (run|start|test)\b/)) {
      const [, first = '', second = ''] = command.split(/\s+/);
      assert.ok((first === 'run' ? second : first) in scripts, `${name}: ${command}`);
    }
    for (const { name, command } of commands(/\bdist\/test\//)) {
      for (const path of command.match(/\bdist\/test\/\S+/g) ?? []) {
        assert.ok(existsSync(join(ROOT, path)), `${name}: ${path}`);
      }
    }
  });

  it('of configuration can be loaded', async () => {
    const blocks = BLOCKS.filter(isConfig);
    assert.ok(blocks.length > 8);
    for (const one of blocks) {
      const text = one.lines.join('\n');
      assert.doesNotThrow(() => parse(text), nameOf(one));
      assert.equal(await errorOf(text), null, nameOf(one));
    }
  });

  it('of srs.conf can be parsed', () => {
    const blocks = BLOCKS.filter(isSrsConf);
    assert.ok(blocks.length > 2);
    for (const one of blocks) {
      assert.doesNotThrow(() => parseConf(one.lines.join('\n')), nameOf(one));
    }
  });

  it('show what a wrong key says', async () => {
    const said = await errorOf('listen:\n  http: 8080\n  rtmp: 99999\n');
    assert.equal(block('srs.yaml:3').lines[0], `srs-supervisor: ${said}`);
  });
});
