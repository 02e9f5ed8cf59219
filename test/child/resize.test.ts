import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Binary } from '../../src/child/binary.js';
import type { ChildDown } from '../../src/child/types.js';
import { fixture, isGone, makeFleet, portBase, tempDir } from './helpers.js';

const shown = (fleet: Awaited<ReturnType<typeof makeFleet>>) =>
  fleet.statuses().map(({ id, state, generation }) => `${id} ${state} ${generation}`);

test('a child is restarted on request, the others go on, and it says why', async (t) => {
  const fleet = await makeFleet(t, { binary: fixture('ready'), cpus: [[], []] });
  await fleet.start();
  const [first, second] = fleet.statuses().map(({ pid }) => pid!);
  fleet.drain('c001');
  const down = once(fleet, 'down') as Promise<[ChildDown]>;
  await fleet.restart('c001', 'it is restarted');
  assert.deepEqual((await down)[0], { id: 'c001', generation: 1, reason: 'it is restarted' });
  assert.deepEqual(shown(fleet), ['c001 draining 2', 'c002 ready 1']);
  assert.equal(fleet.status('c001')?.restarts, 0);
  assert.equal(fleet.status('c002')?.pid, second);
  assert.ok(await isGone(first!));
});

test('a child that ignores SIGTERM is restarted by force, and a later end tells its own reason', async (t) => {
  const fleet = await makeFleet(t, { binary: fixture('ignores-sigterm') });
  await fleet.start();
  await fleet.restart('c001', 'it is restarted');
  assert.deepEqual(shown(fleet), ['c001 ready 2']);
  const down = once(fleet, 'down') as Promise<[ChildDown]>;
  process.kill(fleet.status('c001')!.pid!, 'SIGKILL');
  assert.equal((await down)[0].reason, 'killed by SIGKILL');
});

test('a program that would refuse the config is found before a restart', async (t) => {
  const binary = { ...fixture('ready') } as { -readonly [K in keyof Binary]: Binary[K] };
  const fleet = await makeFleet(t, { binary });
  await fleet.start();
  await fleet.prove('c001');
  const path = `${await tempDir(t)}/srs`;
  await writeFile(path, 'no program', { mode: 0o700 });
  binary.command = [path];
  await assert.rejects(fleet.prove('c001'), { code: 'ERR_CHILD_CONFIG' });
  assert.deepEqual(shown(fleet), ['c001 ready 1']);
});

test('children are added and removed, and generations of an id go on', async (t) => {
  const told: number[] = [];
  const onPorts = async (ports: readonly unknown[]) => void told.push(ports.length);
  const options = { binary: fixture('ready'), onPorts, portBase: portBase() };
  const fleet = await makeFleet(t, options);
  await fleet.start();
  assert.deepEqual(await fleet.add([[], []]), ['c002', 'c003']);
  assert.deepEqual(shown(fleet), ['c001 ready 1', 'c002 starting 0', 'c003 starting 0']);
  await Promise.all(['c002', 'c003'].map((id) => fleet.startAdded(id)));
  assert.deepEqual(shown(fleet), ['c001 ready 1', 'c002 ready 1', 'c003 ready 1']);
  const pid = fleet.status('c002')!.pid!;
  const ports = fleet.statuses().map((status) => status.ports.rtmp);
  assert.equal(new Set(ports).size, 3);
  await fleet.remove(['c002', 'c003']);
  assert.deepEqual(shown(fleet), ['c001 ready 1']);
  assert.ok(await isGone(pid));
  assert.deepEqual(await fleet.add([[]]), ['c002']);
  await fleet.startAdded('c002');
  assert.deepEqual(shown(fleet), ['c001 ready 1', 'c002 ready 2']);
  assert.equal(fleet.status('c002')?.ports.rtmp, ports[1]);
  assert.deepEqual(told, [1, 3, 1, 2]);
});

test('without ports none is added', async (t) => {
  const fleet = await makeFleet(t, { binary: fixture('ready'), portBase: 65_000 });
  await fleet.start();
  const many = Array.from({ length: 200 }, () => []);
  await assert.rejects(fleet.add(many), {
    code: 'ERR_CONFIG',
    message: /^children\.portBase: 200 children need 5 free ports each from 65000 up, there are/,
  });
  assert.deepEqual(shown(fleet), ['c001 ready 1']);
});
