import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Handshake, induction, parseHandshake } from '../../src/protocol/srt/handshake.js';
import { shutdown } from '../../src/protocol/srt/packet.js';
import { Ffmpeg } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { conclusion } from '../helpers/srt-caller.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { cpuDuring } from './measure.js';
import { percentile, type Row, report, round } from './report.js';

const CALLS = 300;
const SECONDS = 10;
const INDUCTIONS_PER_SECOND = 1000;
const SOCKETS = 100;
const STREAMS = 4;

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function answer(socket: Socket, port: number, packet: Buffer): Promise<Handshake> {
  const answered = once(socket, 'message') as Promise<[Buffer]>;
  socket.send(packet, port, '127.0.0.1');
  const [bytes] = await answered;
  const parsed = parseHandshake(bytes);
  if (parsed.kind !== 'value') throw new Error(`no handshake: ${bytes.toString('hex')}`);
  return parsed.value;
}

/** Milliseconds from the first packet to the answer that lets the caller in. */
async function call(port: number, number: number): Promise<number> {
  const socket = await openSocket();
  const began = performance.now();
  const { cookie } = await answer(socket, port, induction(number));
  const packet = conclusion('#!::r=live/bench,m=request', { id: number, cookie, sequence: number });
  const { id } = await answer(socket, port, packet);
  const took = performance.now() - began;
  socket.send(shutdown(id), port, '127.0.0.1', () => socket.close());
  return took;
}

/** Through the supervisor and straight to the child, in turn, so that noise meets both alike. */
async function handshakes(supervisor: RunningSupervisor, port: number): Promise<Row[]> {
  const [through, direct]: [number[], number[]] = [[], []];
  await call(port, 1);
  const connections = await supervisor.connections();
  const child = connections.find(({ child: id }) => id !== null)?.child ?? 'c001';
  const { ports } = await supervisor.child(child);
  for (let i = 0; i < CALLS; i += 1) {
    through.push(await call(port, 2 * i + 2));
    direct.push(await call(ports.srt, 2 * i + 3));
  }
  return [row('supervisor', through), row('direct', direct)];
}

function row(name: string, times: number[]): Row {
  const sorted = times.sort((a, b) => a - b);
  return {
    name: `handshake, ${name}`,
    values: { p50: round(percentile(sorted, 50)), p99: round(percentile(sorted, 99)) },
  };
}

async function ask(sockets: readonly Socket[], port: number): Promise<void> {
  const began = performance.now();
  for (let sent = 0; sent < INDUCTIONS_PER_SECOND * SECONDS; ) {
    const due = Math.floor((performance.now() - began) * (INDUCTIONS_PER_SECOND / 1000));
    for (; sent < due; sent += 1) {
      sockets[sent % SOCKETS]?.send(induction(sent + 1), port, '127.0.0.1');
    }
    await delay(1);
  }
}

/** Measures answers to callers that only ask, beside an idle supervisor. */
async function inductions(supervisor: RunningSupervisor, port: number): Promise<Row> {
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, openSocket));
  let answers = 0;
  for (const socket of sockets) socket.on('message', () => (answers += 1));
  // What V8 compiles, it compiles now.
  await ask(sockets, port);
  answers = 0;
  const [idle = 0] = await cpuDuring([supervisor.pid], () => delay(1000 * SECONDS));
  const [busy = 0] = await cpuDuring([supervisor.pid], () => ask(sockets, port));
  for (const socket of sockets) socket.close();
  const percent = round((100 * (busy - idle)) / SECONDS);
  return {
    name: `${INDUCTIONS_PER_SECOND} inductions/s`,
    values: { 'CPU %': percent, answered: answers },
  };
}

function caller(port: number, id: string): string {
  return `srt://127.0.0.1:${port}?streamid=${id}`;
}

/** Some seconds of noise, which no encoder makes small: 10 Mbps. */
async function writeNoise(path: string): Promise<void> {
  const source = ['-f', 'lavfi', '-i', 'nullsrc=s=640x360:r=25:d=4,geq=random(1)*255:128:128'];
  const rate = ['-b:v', '10M', '-maxrate', '10M', '-bufsize', '10M', '-g', '25'];
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', ...rate];
  const program = new Ffmpeg('ffmpeg', [...source, ...coding, '-f', 'mpegts', path]);
  if ((await program.ended) !== 0) throw new Error(`no noise: ${program.errors}`);
}

/** Publishes it again and again, and plays it, each by a program of its own. */
function cast(path: string, port: number): Ffmpeg[] {
  return Array.from({ length: STREAMS }, (_, i) => `live/media${i}`).flatMap((stream) => {
    const source = ['-re', '-stream_loop', '-1', '-i', path, '-c', 'copy'];
    const player = ['-i', caller(port, `#!::r=${stream},m=request`), '-c', 'copy'];
    return [
      new Ffmpeg('ffmpeg', [...source, '-f', 'mpegts', caller(port, `#!::r=${stream},m=publish`)]),
      new Ffmpeg('ffmpeg', [...player, '-f', 'null', '-']),
    ];
  });
}

/** Measures media here and in the children. */
async function media(supervisor: RunningSupervisor, port: number): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const path = join(folder, 'noise.ts');
  const programs: Ffmpeg[] = [];
  const moved = async () =>
    (await supervisor.connections()).reduce((sum, row) => sum + row.bytesIn + row.bytesOut, 0);
  try {
    await writeNoise(path);
    programs.push(...cast(path, port));
    await until('all have come', async () => {
      const rows = await supervisor.connections();
      return rows.filter(({ bytesOut }) => bytesOut > 100_000).length >= STREAMS;
    });
    const children = (await supervisor.children()).map(({ pid }) => pid!);
    const before = await moved();
    const work = () => delay(1000 * SECONDS);
    const [relay = 0, ...origin] = await cpuDuring([supervisor.pid, ...children], work);
    const gbits = (8 * ((await moved()) - before)) / 1e9;
    const spent = { supervisor: relay, children: origin.reduce((sum, cpu) => sum + cpu, 0) };
    return Object.entries(spent).map(([name, cpu]) => ({
      name: `media, ${name}`,
      values: {
        'CPU ms per Gbit': round((1000 * cpu) / gbits, 0),
        Mbps: round((1000 * gbits) / SECONDS, 0),
      },
    }));
  } finally {
    await Promise.all(programs.map((program) => program.kill()));
    await rm(folder, { recursive: true });
  }
}

export async function run(): Promise<void> {
  const origin = origins().find(({ name }) => name === 'srs');
  if (origin === undefined) {
    console.log('srt: needs a real SRS');
    return;
  }
  const srt = await freePort();
  const supervisor = await RunningSupervisor.start({
    origin: origin.path,
    children: 2,
    ports: { srt },
  });
  try {
    await supervisor.calm();
    const rows = [
      ...(await handshakes(supervisor, srt)),
      await inductions(supervisor, srt),
      ...(await media(supervisor, srt)),
    ];
    await report('srt', `SRT: ${CALLS} handshakes in ms, callers that only ask, and media`, rows);
  } finally {
    await supervisor.dispose();
  }
}
