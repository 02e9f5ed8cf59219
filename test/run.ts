/**
 * Runs the compiled tests: `node dist/test/run.js [unit|e2e|FOLDER ...]`, all of them without a name.
 * The files are listed here because Node 20 and Node 22 read folders on their command line differently.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
/** End-to-end files start whole fleets: one file at a time is what a small machine carries. */
const CONCURRENCY = 2;

function testFiles(): string[] {
  const files = readdirSync(here, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.test.js')).sort();
}

function isWanted(file: string, names: readonly string[]): boolean {
  const isEndToEnd = file.startsWith('e2e/');
  const matches = (name: string) =>
    name === 'unit' ? !isEndToEnd : file.startsWith(name) || file === `${name}.test.js`;
  return names.length === 0 || names.some(matches);
}

async function main(names: readonly string[]): Promise<number> {
  const files = testFiles().filter((file) => isWanted(file, names));
  if (files.length === 0) {
    console.error(`no test file matches ${names.join(' ')}`);
    return 2;
  }
  const options = ['--test', `--test-concurrency=${CONCURRENCY}`, '--test-reporter=spec'];
  const paths = files.map((file) => join(here, file));
  const runner = spawn(process.execPath, [...options, ...paths], { stdio: 'inherit' });
  return new Promise((resolve) => runner.once('exit', (code) => resolve(code ?? 1)));
}

process.exitCode = await main(process.argv.slice(2));
