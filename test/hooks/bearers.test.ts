import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bearers } from '../../src/hooks/bearers.js';

const KEY = 'ab'.repeat(12);

test('a client’s token is found by the key that its hooks begin with', () => {
  const bearers = new Bearers();
  bearers.note(KEY, 'secret');
  for (const param of [`bearer-key=${KEY}&app=live`, `?bearer-key=${KEY}&eip=1.2.3.4:5&`]) {
    assert.equal(bearers.of(param), 'secret', param);
  }
  const other = `?bearer-key=${'00'.repeat(12)}&`;
  for (const param of ['', other, `?a=b&bearer-key=${KEY}&`, `?ice-ufrag=${KEY}&`, 7, null]) {
    assert.equal(bearers.of(param), null, `${param}`);
  }
});

test('the tokens kept are bounded', () => {
  const bearers = new Bearers();
  const keyOf = (at: number) => at.toString(16).padStart(24, '0');
  for (let at = 0; at < 20_000; at += 1) bearers.note(keyOf(at), 'secret');
  assert.equal(bearers.of(`bearer-key=${keyOf(0)}&`), null);
  assert.equal(bearers.of(`bearer-key=${keyOf(19_999)}&`), 'secret');
});
