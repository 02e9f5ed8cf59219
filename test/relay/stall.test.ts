import assert from 'node:assert/strict';
import { it } from 'node:test';
import { StallWatch } from '../../src/relay/stall.js';

class Client {
  readonly stallMs = 10_000;
  isStuck = true;
  sent = 0;
}

it('finds the client that takes nothing, once, within a second of its limit', () => {
  const watch = new StallWatch<Client>();
  const [dead, slow, quick, left] = [new Client(), new Client(), new Client(), new Client()];
  for (const one of [dead, slow, quick, left]) watch.add(one, 0);
  quick.isStuck = false;
  watch.remove(left);
  const found: [number, Client][] = [];
  for (let now = 0; now <= 30_000; now += 500) {
    if (now % 5000 === 0) slow.sent += 1;
    for (const one of [dead, slow]) if (found.length === 0) watch.add(one, now);
    for (const one of watch.stalled(now)) found.push([now, one]);
  }
  assert.equal(found.length, 1);
  assert.equal(found[0]?.[1], dead);
  assert.ok((found[0]?.[0] ?? 0) <= 11_000, `${found[0]?.[0]}`);
  assert.equal(watch.size, 1);
  slow.isStuck = false;
  watch.stalled(40_000);
  assert.equal(watch.size, 0);
});

it('counts anew for a client that was stuck before', () => {
  const watch = new StallWatch<Client>();
  const client = new Client();
  watch.add(client, 0);
  client.isStuck = false;
  watch.stalled(5000);
  client.isStuck = true;
  watch.add(client, 9000);
  assert.deepEqual(watch.stalled(18_000), []);
  assert.deepEqual(watch.stalled(19_000), [client]);
  assert.equal(watch.size, 0);
});
