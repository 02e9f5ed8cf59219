import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../src/hooks/verdict.js';
import { ANSWERS } from './answers.js';

for (const { status, body, verdict } of ANSWERS) {
  test(`${status} with ${JSON.stringify(body)}: ${verdict}`, () => {
    assert.equal(judge({ status, body }), verdict);
  });
}
