import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { iceOf } from '../../src/protocol/webrtc/sdp.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { offerText } from '../helpers/sdp.js';
import { stunRequest } from '../helpers/stun.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { compare, LOADS } from './relay-udp.js';
import { median, percentile, type Row, report, round } from './report.js';

const SESSIONS = Number(process.env.BENCH_SESSIONS ?? 200);
const PINGS = 500;
/** As far apart as the packets of a stream. */
const GAP_MS = 5;
/** Requests under way at a time. */
const PARALLEL = 8;
const WARM_UP = 50;

/** Where sessions are made, and where their checks go. */
interface Door {
  readonly name: string;
  readonly api: number;
  readonly rtc: number;
}

/**
 * WebRTC without browsers: CPU of the media port beside the plain UDP relay, and sessions and ICE
 * checks through us beside those at a child directly. The checks are answered by the child.
 */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const pace of LOADS) rows.push(...(await compare(pace, '', ['webrtc', 'native'])));
  await report('webrtc-cpu', 'UDP, datagrams of 1200 bytes both ways', rows);
  const origin = origins().at(-1);
  const ports = { api: await freePort(), rtc: await freePort() };
  const supervisor = await RunningSupervisor.start({
    origin: origin?.path ?? '',
    children: 1,
    ports,
  });
  try {
    const child = (await supervisor.children())[0]?.ports;
    const direct = { name: 'a child directly', api: child?.api ?? 0, rtc: child?.rtc ?? 0 };
    const doors: Door[] = [{ name: 'through us', ...ports }, direct];
    for (const door of doors) await makeSessions(door, WARM_UP);
    const measured = [];
    // Turn by turn: a machine's other work comes and goes.
    for (const door of [...doors, ...doors.toReversed()]) measured.push(await measure(door));
    await report('webrtc', `WHEP sessions and ICE checks, one ${origin?.name} child`, measured);
  } finally {
    await supervisor.dispose();
  }
}

async function measure(door: Door): Promise<Row> {
  const began = performance.now();
  const checks = await makeSessions(door, SESSIONS);
  const seconds = (performance.now() - began) / 1000;
  const times = (await pingAll(door, checks.slice(0, 1))).sort((a, b) => a - b);
  return {
    name: door.name,
    values: {
      'sessions per second': round(SESSIONS / seconds, 0),
      'check p50 ms': round(median(times), 3),
      'p99 ms': round(percentile(times, 99), 3),
    },
  };
}

/** POSTs so many offers and deletes the sessions; answers checks for the first, which stays. */
async function makeSessions(door: Door, count: number): Promise<Buffer[]> {
  const checks: Buffer[] = [];
  let left = count;
  const work = async () => {
    while (left-- > 0) checks.push(await makeSession(door, left > 0));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return checks.filter(({ length }) => length > 0);
}

async function makeSession({ api }: Door, isBrief: boolean): Promise<Buffer> {
  const base = `http://127.0.0.1:${api}`;
  const url = `${base}/rtc/v1/whep/?app=live&stream=bench`;
  const response = await fetch(url, { method: 'POST', body: offerText('recvonly') });
  const ice = iceOf(await response.text());
  const location = response.headers.get('location');
  if (ice === null || location === null) throw new Error(`WHEP: ${response.status}`);
  if (isBrief) {
    await (await fetch(base + location, { method: 'DELETE' })).arrayBuffer();
    return Buffer.alloc(0);
  }
  return stunRequest({ username: `${ice.ufrag}:ufrg`, password: ice.password });
}

/** One check after the other; how long each answer took, in ms. */
async function pingAll({ rtc }: Door, [check]: readonly Buffer[]): Promise<number[]> {
  if (check === undefined) throw new Error('no session is left to check');
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const times: number[] = [];
  for (let i = 0; i < PINGS + WARM_UP; i += 1) {
    const took = await ping(socket, check, rtc);
    if (i >= WARM_UP) times.push(took);
    await delay(GAP_MS);
  }
  socket.close();
  return times;
}

async function ping(socket: Socket, check: Buffer, port: number): Promise<number> {
  const began = performance.now();
  socket.send(check, port, '127.0.0.1');
  await once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
  return performance.now() - began;
}
