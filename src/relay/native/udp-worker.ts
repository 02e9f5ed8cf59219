/** The entry point of a UDP relay's thread. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { pinThread } from './libc.js';
import { UdpLoop } from './udp-loop.js';
import type { UdpOrder, UdpReport, UdpShared } from './udp-protocol.js';

const port = parentPort;
if (port === null) throw new Error('the UDP relay worker runs as a thread only');
const shared = workerData as UdpShared;
if (shared.cpu !== null) pinThread(shared.cpu);

const loop = new UdpLoop(shared, {
  next: () => receiveMessageOnPort(port)?.message as UdpOrder | undefined,
  report: (report: UdpReport) => port.postMessage(report),
});
loop.run();
