import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/check/findings.js';
import { findingsText } from '../../src/cli/check.js';
import { NO_SCREEN } from '../../src/cli/table.js';

const LIST: readonly Finding[] = [
  { check: 'srs', status: 'ok', text: 'srs 7.0.18' },
  { check: 'template', status: 'note', text: 'listen is ignored' },
  { check: 'cpus', status: 'warn', text: 'children share CPUs' },
  { check: 'workDir', status: 'fail', text: '/nope cannot be written by this user at all' },
];

test('findings are aligned, and plain off a terminal', () => {
  assert.equal(
    findingsText(LIST, NO_SCREEN),
    [
      'ok    srs       srs 7.0.18',
      'note  template  listen is ignored',
      'warn  cpus      children share CPUs',
      'FAIL  workDir   /nope cannot be written by this user at all',
    ].join('\n'),
  );
});

test('on a terminal marks have colours, which take no columns', () => {
  const paint = (text: string, tone: string) => `<${tone}>${text}</>`;
  assert.equal(
    findingsText(LIST, { width: 40, paint }),
    [
      '<good>ok  </>  srs       srs 7.0.18',
      'note  template  listen is ignored',
      '<warning>warn</>  cpus      children share CPUs',
      '<bad>FAIL</>  workDir   /nope cannot be written',
      '                by this user at all',
    ].join('\n'),
  );
});
