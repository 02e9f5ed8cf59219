/** Makes WebRTC sessions and sends their ICE checks, for the process that forked it. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { iceOf } from '../../src/protocol/webrtc/sdp.js';
import type { Answer, CheckJob, Job, SessionJob } from './far-checker.js';
import { offerText } from './sdp.js';
import { PUBLISH } from './srt-bytes.js';
import { stunRequest } from './stun.js';

const ANSWER_MS = 250;
const sockets = new Map<string, Socket>();

async function session({ api, stream }: SessionJob): Promise<Answer> {
  const url = `${api}/rtc/v1/whep/?app=live&stream=${stream}`;
  const response = await fetch(url, { method: 'POST', body: offerText('recvonly') });
  const text = await response.text();
  const ice = iceOf(text);
  const location = response.headers.get('location');
  if (ice === null || location === null) throw new Error(`${response.status} ${text}`);
  return { username: `${ice.ufrag}:ufrg`, password: ice.password, location };
}

/** Counts the checks that were answered from the address asked. */
async function check(job: CheckJob): Promise<Answer> {
  const socket = await socketAt(job.from);
  let answered = 0;
  for (let i = 0; i < job.count; i += 1) if (await ask(socket, job)) answered += 1;
  return answered;
}

async function ask(socket: Socket, { username, password, to, port }: CheckJob): Promise<boolean> {
  const request = stunRequest({ username, password });
  const id = request.subarray(8, 20);
  const limit = AbortSignal.timeout(ANSWER_MS);
  socket.send(request, port, to);
  try {
    for (;;) {
      const [bytes, from] = (await once(socket, 'message', { signal: limit })) as [
        Buffer,
        RemoteInfo,
      ];
      if (from.address === to && from.port === port && bytes.subarray(8, 20).equals(id))
        return true;
    }
  } catch {
    return false;
  }
}

/** Returns the one socket of a name: `ADDRESS` or `ADDRESS NAME`. */
async function socketAt(name: string): Promise<Socket> {
  const known = sockets.get(name);
  if (known) return known;
  const [address = ''] = name.split(' ');
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('error', () => {});
  socket.bind(0, address);
  await once(socket, 'listening');
  sockets.set(name, socket);
  return socket;
}

/** Returns 1 if an SRT handshake is answered. */
async function call({ to, port }: { to: string; port: number }): Promise<Answer> {
  const socket = createSocket('udp4');
  try {
    socket.send(PUBLISH.induction, port, to);
    await once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_MS) });
    return 1;
  } catch {
    return 0;
  } finally {
    socket.close();
  }
}

function answerTo(job: Job): Promise<Answer> {
  if ('api' in job) return session(job);
  if ('call' in job) return call(job.call);
  return 'to' in job ? check(job) : remove(job.remove);
}

async function remove(url: string): Promise<Answer> {
  return (await fetch(url, { method: 'DELETE' })).status;
}

process.on('message', (job: Job) => {
  answerTo(job).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
