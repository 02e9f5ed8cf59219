import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { follow } from '../../src/cli/follow.js';
import { jobText } from '../../src/cli/operate.js';
import type { JobReport, JobStep } from '../../src/jobs/job.js';

const STEPS: readonly JobStep[] = [
  { at: 1000, child: 'c001', text: 'drains' },
  { at: 2000, child: 'c001', text: 'is ready again' },
];

function job(part: Partial<JobReport>): JobReport {
  const counts = { done: 0, total: 2, now: ['c001 drains: 3 clients'], error: null };
  const times = { since: 1000, ended: null, from: 0, steps: [] };
  return { id: 7, what: 'restart --all', state: 'running', ...counts, ...times, ...part };
}

/** Answers what is asked next. */
const answers: JobReport[] = [];
const asked: (string | undefined)[] = [];
const server = createServer((request, response) => {
  asked.push(request.url);
  response.end(JSON.stringify(answers.shift()));
});
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => server.close());

async function seen(begun: JobReport, options: { isTTY?: boolean; json?: boolean } = {}) {
  const texts: string[] = [];
  const { isTTY = false, json = false } = options;
  const interrupted = new AbortController();
  const { port } = server.address() as AddressInfo;
  const error = await follow(begun, {
    port: { address: { host: '127.0.0.1', port }, token: null },
    stdout: { isTTY, write: (lines: string) => void texts.push(lines) },
    json,
    width: 40,
    interrupted: interrupted.signal,
  }).then(
    () => null,
    (thrown: Error) => thrown.message,
  );
  return { text: texts.join(''), error };
}

const END = { state: 'done', ended: 66_000, done: 2, now: [] } as const;

test('a pipe gets a line for each step, and the end', async () => {
  answers.push(job({ from: 1, steps: STEPS.slice(1) }), job({ ...END, from: 2 }));
  const { text, error } = await seen(job({ steps: STEPS.slice(0, 1) }));
  assert.equal(error, null);
  assert.equal(text, 'c001  drains\nc001  is ready again\nrestart --all: done in 1m 5s\n');
  assert.deepEqual(asked.splice(0), ['/admin/v1/jobs/7?from=1', '/admin/v1/jobs/7?from=2']);
});

test('a terminal has a last line of what is done now, cut to its width', async () => {
  answers.push(job({ ...END, from: 1 }));
  const { text } = await seen(job({ steps: STEPS.slice(0, 1) }), { isTTY: true });
  const now = 'restart --all: 0 of 2 done; c001 drains';
  assert.ok(text.startsWith(`c001  drains\n\r\x1b[K${now}`), JSON.stringify(text));
  assert.ok(text.endsWith('\r\x1b[Krestart --all: done in 1m 5s\n'), JSON.stringify(text));
});

test('a failure is thrown, JSON has all steps and comes at the end', async () => {
  answers.push(job({ ...END, state: 'failed', error: 'c002: no', from: 1, steps: STEPS.slice(1) }));
  const { text, error } = await seen(job({ steps: STEPS.slice(0, 1) }), { json: true });
  assert.equal(error, 'restart --all: c002: no');
  assert.deepEqual((JSON.parse(text) as JobReport).steps, STEPS);
});

test('a job is one text, at work and after', () => {
  const text = 'restart --all: 0 of 2 done, for 4s; c001 drains: 3 clients';
  assert.equal(jobText(job({}), 5000), text);
  assert.equal(jobText(job(END), 68_000), 'restart --all: 2 of 2 done, done 2s ago');
  const failed = job({ ...END, state: 'failed', done: 1, error: 'c002: no' });
  assert.equal(jobText(failed, 67_000), 'restart --all: 1 of 2 done, failed 1s ago: c002: no');
});
