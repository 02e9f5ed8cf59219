/** The entry point of a relay thread. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { pinThread } from './libc.js';
import { type Control, RelayLoop } from './loop.js';
import type { Order, Report, Shared } from './protocol.js';
import { ownThreadId } from './thread-cpu.js';

const port = parentPort;
if (port === null) throw new Error('the relay worker runs as a thread only');
const shared = workerData as Shared;

const control: Control = {
  next: () => receiveMessageOnPort(port)?.message as readonly Order[] | undefined,
  report: (reports: readonly Report[]) => port.postMessage(reports),
};

Atomics.store(shared.tid, 0, ownThreadId());
const reason = pinThread(shared.cpu);
if (reason !== null) control.report([{ kind: 'unpinned', reason }]);
const loop = new RelayLoop(shared, control);
for (let order = loop.run(); order !== null; order = loop.run()) {
  loop.loaded(await import(order.module), order);
}
