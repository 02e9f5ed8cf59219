/** The entry point of a UDP relay's thread. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Answers } from '../answerer.js';
import { pinThread } from './libc.js';
import { type UdpControl, UdpLoop } from './udp-loop.js';
import type { UdpOrder, UdpReport, UdpShared } from './udp-protocol.js';

const port = parentPort;
if (port === null) throw new Error('the UDP relay worker runs as a thread only');
const shared = workerData as UdpShared;

const control: UdpControl = {
  next: () => receiveMessageOnPort(port)?.message as UdpOrder | undefined,
  report: (report: UdpReport) => port.postMessage(report),
};

const unpinned = pinThread(shared.cpu);
if (unpinned !== null) control.report({ strangers: [], heard: [], ended: [], unpinned });
const answers = shared.answerer && (await Answers.load(shared.answerer));
new UdpLoop(shared, control, answers).run();
