/**
 * Costs of mini-srs: CPU for 200 players of one 2.5 Mbps stream, and the time from spawn to the
 * first RTMP answer. One line each. `node dist/test/bench/origin.js [players] [seconds] [binary]`.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../src/protocol/rtmp/command.js';
import { buildC0C1, HANDSHAKE_SIZE } from '../../src/protocol/rtmp/handshake.js';
import { until } from '../helpers/until.js';
import { MINI_SRS, TestOrigin } from '../origin/helpers.js';
import { RtmpClient } from '../origin/rtmp-client.js';

const FRAMES_PER_SECOND = 25;
const FRAME_BYTES = 2_500_000 / 8 / FRAMES_PER_SECOND;
const GOP_FRAMES = 50;

/** A real sequence header, which SRS looks into: H.264, 320x240. */
const SEQUENCE_HEADER = Buffer.from(
  '170000000001f4000dffe1001867f4000d91968141fb011000000300100000030320f142aa01000568ce0f1920fff8f800',
  'hex',
);

/** One frame: a tag header, and one NAL unit that fills the rest. */
function videoFrame(keyframe: boolean): Buffer {
  const payload = Buffer.alloc(FRAME_BYTES, 1);
  payload.set([keyframe ? 0x17 : 0x27, 1, 0, 0, 0]);
  payload.writeUInt32BE(FRAME_BYTES - 9, 5);
  payload[9] = keyframe ? 0x65 : 0x41;
  return payload;
}

/** Ticks of 10 ms, as Linux counts them, that a process has used. */
function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function rssMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
}

/** Plays and throws away what comes. */
function startPlayer(port: number, tcUrl: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  const say = (name: string, object: Record<string, string> | null, ...args: string[]): void => {
    const command = encodeCommand(
      { name, transactionId: 1, object, args },
      { csid: 3, streamId: 1 },
    );
    socket.write(encodeMessage(command, 128));
  };
  socket.write(Buffer.concat([buildC0C1(0, Buffer.alloc(1528)), Buffer.alloc(HANDSHAKE_SIZE)]));
  say('connect', { tcUrl });
  say('createStream', null);
  say('play', null, 'bench');
  socket.on('error', () => {}).resume();
  return socket;
}

function startEncoder(publisher: RtmpClient): NodeJS.Timeout {
  const start = performance.now();
  let frame = 0;
  publisher.video(0, SEQUENCE_HEADER);
  return setInterval(() => {
    while (frame * (1000 / FRAMES_PER_SECOND) < performance.now() - start) {
      publisher.video(frame * (1000 / FRAMES_PER_SECOND), videoFrame(frame % GOP_FRAMES === 0));
      frame++;
    }
  }, 10);
}

async function benchPlayers(players: number, seconds: number, binary: string): Promise<void> {
  const origin = await TestOrigin.start({ binary });
  const pid = origin.program.child.pid ?? 0;
  const publisher = await RtmpClient.open(origin.rtmp);
  publisher.publish(origin.tcUrl, 'bench');
  await publisher.hears('NetStream.Publish.Start');
  const encoder = startEncoder(publisher);
  const sockets = Array.from({ length: players }, () => startPlayer(origin.rtmp, origin.tcUrl));
  const received = (): number => sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
  await until('all players', async () => (await origin.clients()).length === players + 1);
  await delay(3000);
  const before = { ticks: cpuTicks(pid), bytes: received(), at: performance.now() };
  await delay(seconds * 1000);
  const elapsed = (performance.now() - before.at) / 1000;
  const cpu = (cpuTicks(pid) - before.ticks) / 100;
  const gigabits = ((received() - before.bytes) * 8) / 1e9;
  console.log(
    `origin: ${players} players, ${(gigabits / elapsed).toFixed(2)} Gbit/s: ` +
      `${((cpu / elapsed) * 100).toFixed(0)} % of a core, ` +
      `${((cpu * 1000) / gigabits).toFixed(0)} ms per Gbit, rss ${rssMegabytes(pid)} MB`,
  );
  clearInterval(encoder);
  for (const socket of sockets) socket.destroy();
  publisher.close();
  await origin.close();
}

/** From spawn to the first answer of the API, as a supervisor would wait for it. */
async function benchStart(binary: string): Promise<void> {
  const times: number[] = [];
  let rss = 0;
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const origin = await TestOrigin.start({ binary });
    times.push(performance.now() - start);
    rss = rssMegabytes(origin.program.child.pid ?? 0);
    await origin.close();
  }
  const bare = await timeOf(process.execPath, ['-e', '0']);
  const median = times.sort((a, b) => a - b)[2] ?? 0;
  console.log(
    `origin: ready in ${median.toFixed(0)} ms, rss ${rss} MB; an empty Node program runs in ${bare.toFixed(0)} ms`,
  );
}

async function timeOf(command: string, args: string[]): Promise<number> {
  const start = performance.now();
  await promisify(execFile)(command, args);
  return performance.now() - start;
}

/** Both measurements, of mini-srs or of another binary with its command line. */
export async function run(players = 200, seconds = 10, binary = MINI_SRS): Promise<void> {
  await benchStart(binary);
  await benchPlayers(players, seconds, binary);
}

if (process.argv[1] === import.meta.filename) {
  const [players, seconds, binary] = process.argv.slice(2);
  await run(Number(players ?? 200), Number(seconds ?? 10), binary);
}
