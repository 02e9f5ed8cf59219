/** The entry point of a UDP relay's thread. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../errors.js';
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

if (shared.cpu !== null) {
  try {
    pinThread(shared.cpu);
  } catch (error) {
    control.report({ strangers: [], heard: [], ended: [], unpinned: messageOf(error) });
  }
}
const answers = shared.answerer && (await Answers.load(shared.answerer));
new UdpLoop(shared, control, answers).run();
