/**
 * Runs the compiled tests: `node dist/test/run.js [unit|e2e|FOLDER ...]`, all of them without a
 * name. Files that take long begin first, so that none of them runs alone at the end.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { CALM, CALM_AT_ONCE, FILES_AT_ONCE, LONG } from './schedule.js';

const here = import.meta.dirname;
/** Files whose durations are shown at the end. */
const SHOWN = 20;

/** An event of node:test, as far as it is read here. */
interface TestEvent {
  readonly type: string;
  readonly data: {
    readonly file?: string;
    readonly nesting?: number;
    readonly details?: { readonly duration_ms?: number };
    readonly todo?: string | boolean;
  };
}

/** Paths below test/, without `.test.js`. */
function testFiles(): string[] {
  const files = readdirSync(here, { recursive: true, encoding: 'utf8' });
  const tests = files.filter((file) => file.endsWith('.test.js'));
  return tests.map((file) => file.slice(0, -'.test.js'.length)).sort();
}

function isWanted(file: string, names: readonly string[]): boolean {
  const isEndToEnd = file.startsWith('e2e/');
  const matches = (name: string) => (name === 'unit' ? !isEndToEnd : file.startsWith(name));
  return names.length === 0 || names.some(matches);
}

/** Files of LONG come first, in its order; all others follow by name. */
function longestFirst(files: readonly string[]): string[] {
  const rank = (file: string) => (LONG.includes(file) ? LONG.indexOf(file) : LONG.length);
  return [...files].sort((one, other) => rank(one) - rank(other));
}

async function* eventsOf(files: readonly string[]): AsyncGenerator<TestEvent> {
  const isCalm = (file: string) => CALM.includes(file);
  const groups = [
    { group: files.filter((file) => !isCalm(file)), concurrency: FILES_AT_ONCE },
    { group: files.filter(isCalm), concurrency: CALM_AT_ONCE },
  ];
  for (const { group, concurrency } of groups) {
    if (group.length === 0) continue;
    const paths = longestFirst(group).map((file) => join(here, `${file}.test.js`));
    yield* run({ files: paths, concurrency }) as AsyncIterable<TestEvent>;
  }
}

/** Milliseconds that each file's tests took. */
const durations = new Map<string, number>();

/** Passes the events on; notes a failure in the exit code, and durations. */
async function* judged(events: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  for await (const event of events) {
    const { file, nesting, todo, details } = event.data;
    if (event.type === 'test:fail' && !todo) process.exitCode = 1;
    if (/^test:(pass|fail)$/.test(event.type) && nesting === 0 && file !== undefined) {
      durations.set(file, (durations.get(file) ?? 0) + (details?.duration_ms ?? 0));
    }
    yield event;
  }
}

/** The files that took longest, for test/schedule.ts. */
function slowest(): string {
  const rows = [...durations].sort(([, one], [, other]) => other - one).slice(0, SHOWN);
  const lines = rows.map(
    ([file, ms]) => `${(ms / 1000).toFixed(0).padStart(5)} s  ${relative(here, file)}`,
  );
  return `slowest files:\n${lines.join('\n')}\n`;
}

function main(names: readonly string[]): void {
  const files = testFiles().filter((file) => isWanted(file, names));
  if (files.length === 0) {
    console.error(`no test file matches ${names.join(' ')}`);
    process.exitCode = 2;
    return;
  }
  Readable.from(judged(eventsOf(files)))
    .compose(new spec())
    .on('end', () => {
      if (files.length > SHOWN) process.stdout.write(slowest());
    })
    .pipe(process.stdout);
}

main(process.argv.slice(2));
