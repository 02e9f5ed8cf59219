import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemdNotifier, watchdogMs } from '../../src/cli/notify.js';
import { recordLog } from '../helpers/log-lines.js';
import { UnixReceiver } from '../helpers/unix-receiver.js';
import { until } from '../helpers/until.js';

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-notify-test-'));
  await work(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

async function assertReceives(path: string): Promise<void> {
  const receiver = await UnixReceiver.open(path);
  const { logger, lines } = recordLog();
  try {
    await new SystemdNotifier({ NOTIFY_SOCKET: path }, logger).tell('READY=1', 'STATUS=serving');
    await until('the datagram', () => receiver.received.length > 0);
    assert.deepEqual(receiver.received, ['READY=1\nSTATUS=serving']);
    assert.deepEqual(lines, []);
  } finally {
    await receiver.close();
  }
}

test('all assignments go to the socket in one datagram', () =>
  withFolder((folder) => assertReceives(join(folder, 'notify'))));

test('the socket may be in the abstract namespace', () =>
  assertReceives(`@srs-supervisor-notify-test-${process.pid}`));

test('without a socket nothing is told; one that is away is one warning', async () => {
  const { logger, lines } = recordLog();
  await new SystemdNotifier({}, logger).tell('READY=1');
  assert.deepEqual(lines, []);
  await withFolder(async (folder) => {
    const path = join(folder, 'absent');
    await new SystemdNotifier({ NOTIFY_SOCKET: path }, logger).tell('READY=1');
    assert.deepEqual(lines, [{ msg: 'systemd was not told', path, reason: 'ENOENT' }]);
  });
});

test('a long start is told once a second at most, and asks for more time', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'notify');
    const receiver = await UnixReceiver.open(path);
    try {
      let now = 0;
      const notifier = new SystemdNotifier({ NOTIFY_SOCKET: path }, recordLog().logger, () => now);
      for (const done of [1, 2, 3]) {
        await notifier.starting(`starting children: ${done} of 256`);
        now += 500;
      }
      await notifier.tell('READY=1');
      await until('the last datagram', () => receiver.received.includes('READY=1'));
      const text = (done: number) =>
        `STATUS=starting children: ${done} of 256\nEXTEND_TIMEOUT_USEC=120000000`;
      assert.deepEqual(receiver.received, [text(1), text(3), 'READY=1']);
    } finally {
      await receiver.close();
    }
  }));

test('the watchdog is told at once, and again within its time', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'notify');
    const receiver = await UnixReceiver.open(path);
    try {
      const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' };
      new SystemdNotifier(env, recordLog().logger).startWatchdog();
      await until('three messages', () => receiver.received.length >= 3);
      assert.deepEqual([...new Set(receiver.received)], ['WATCHDOG=1']);
    } finally {
      await receiver.close();
    }
  }));

test("a watchdog of another process, or none, isn't ours", () => {
  assert.equal(watchdogMs({ WATCHDOG_USEC: '60000000' }), 60_000);
  assert.equal(watchdogMs({ WATCHDOG_USEC: '6000', WATCHDOG_PID: String(process.pid) }), 6);
  assert.equal(watchdogMs({ WATCHDOG_USEC: '6000', WATCHDOG_PID: '1' }), null);
  for (const text of ['', '0', '-5', 'x']) assert.equal(watchdogMs({ WATCHDOG_USEC: text }), null);
  assert.equal(watchdogMs({}), null);
});
