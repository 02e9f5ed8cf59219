import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { KEYS } from '../../src/config/schema.js';

// Compiled tests run from dist/test/config.
const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

test('every example loads', async () => {
  const files = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.yaml'));
  assert.ok(files.length >= 2);
  for (const file of files) await loadConfig({ env: {}, file: EXAMPLES + file });
});

test('the reference names every key with its default', async () => {
  const file = `${EXAMPLES}srs-supervisor.yaml`;
  assert.deepEqual(await loadConfig({ env: {}, file }), await loadConfig({ env: {} }));
  const raw: Record<string, unknown> = parse(await readFile(file, 'utf8'));
  assert.deepEqual(leavesOf(raw, ''), KEYS);
});

function leavesOf(node: object, prefix: string): string[] {
  return Object.entries(node).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && Object.keys(value).length > 0
      ? leavesOf(value, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}
