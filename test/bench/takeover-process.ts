import { CONCLUSION } from '../../src/protocol/srt/handshake.js';
import { publishFrom } from '../helpers/half-open.js';
import { Machine, openHub } from '../helpers/machine.js';
import { publish } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { offerText } from '../helpers/sdp.js';
import { SrtCaller } from '../helpers/srt-caller.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import type { Row } from './report.js';

const TIMES = 20;
const HUB = '10.98.0.1';

/** A box, and the machine of the publishers that vanish. */
interface Rig {
  readonly box: RunningSupervisor;
  readonly machine: Machine;
  readonly ports: { readonly api: number; readonly srt: number | 'off' };
}

/** Publishes the stream as a newcomer; resolves when it is accepted, with what ends it. */
type Newcomer = (rig: Rig, stream: string) => Promise<() => unknown>;

const byRtmp: Newcomer = async ({ box }, stream) => {
  for (;;) {
    const client = await RtmpClient.open(box.rtmpPort);
    client.publish(`rtmp://127.0.0.1:${box.rtmpPort}/live`, stream);
    const isIn = () => client.codes().includes('NetStream.Publish.Start');
    await until('an answer', () => isIn() || client.closed);
    if (isIn()) return () => client.close();
  }
};

const bySrt: Newcomer = async ({ ports }, stream) => {
  const caller = await new SrtCaller().open();
  caller.target = Number(ports.srt);
  for (let id = 1; ; id += 1) {
    const answer = await caller.call(id, `#!::r=live/${stream},m=publish`);
    if (answer.type === CONCLUSION) return () => caller.close();
  }
};

const byWhip: Newcomer = async ({ ports }, stream) => {
  const url = `http://127.0.0.1:${ports.api}/rtc/v1/whip/?app=live&stream=${stream}`;
  const headers = { 'Content-Type': 'application/sdp' };
  for (;;) {
    const request = { method: 'POST', headers, body: offerText('sendonly') };
    if ((await fetch(url, request)).status === 201) return () => {};
  }
};

/** Milliseconds from the end of the publisher's network until the newcomer is accepted. */
async function taken(rig: Rig, stream: string, newcomer: Newcomer): Promise<number> {
  const { box, machine } = rig;
  const old = publishFrom(machine, `rtmp://${HUB}:${box.rtmpPort}/live/${stream}`);
  await box.ownerOf(`live/${stream}`);
  await until('media', async () =>
    (await box.connections()).some((row) => row.stream?.endsWith(stream) && row.bytesIn > 30_000),
  );
  machine.cutOff(HUB);
  const began = performance.now();
  const end = await newcomer(rig, stream);
  const took = performance.now() - began;
  await end();
  machine.heal();
  await old.kill();
  return took;
}

/** Milliseconds from the end of the publisher's network until its backup publishes. */
async function followed({ box, machine }: Pick<Rig, 'box' | 'machine'>, stream: string) {
  const old = publishFrom(machine, `rtmp://${HUB}:${box.rtmpPort}/live/${stream}`);
  await box.ownerOf(`live/${stream}`);
  const backup = publish(box.url(`live/${stream}`));
  const has = async (role: string) =>
    (await box.connections()).some(
      (row) => row.role === role && row.stream?.endsWith(stream) && row.bytesIn > 30_000,
    );
  await until('a backup', () => has('backup'));
  machine.cutOff(HUB);
  const began = performance.now();
  await until('it follows', async () => !(await has('backup')) && (await has('publish')));
  const took = performance.now() - began;
  machine.heal();
  await Promise.all([old.kill(), backup.kill()]);
  return took;
}

async function measureBackups(origin: Origin): Promise<Row> {
  const env = { SRS_SUPERVISOR_PUBLISH_BACKUP: 'on' };
  const box = await RunningSupervisor.start({ origin: origin.path, children: 2, env });
  const machine = await Machine.open();
  try {
    const times: number[] = [];
    for (let i = 0; i < TIMES; i += 1) times.push(await followed({ box, machine }, `b${i}`));
    return rowOf(`${origin.name}, RTMP backup`, times);
  } finally {
    await box.dispose();
    await machine.close();
  }
}

function rowOf(name: string, times: number[]): Row {
  times.sort((a, b) => a - b);
  const [p50 = 0, max = 0] = [times[TIMES / 2], times.at(-1)];
  return { name, values: { p50: Math.round(p50), max: Math.round(max) } };
}

async function measure(origin: Origin): Promise<Row[]> {
  const srt = origin.name === 'srs' ? await freePort() : 'off';
  const ports = { api: await freePort(), rtc: await freePort(), srt } as const;
  const env = { SRS_SUPERVISOR_LIMITS_OFFERS_PER_IP: '0' };
  const box = await RunningSupervisor.start({ origin: origin.path, children: 2, ports, env });
  const machine = await Machine.open();
  const newcomers = { RTMP: byRtmp, WHIP: byWhip, ...(srt === 'off' ? {} : { SRT: bySrt }) };
  try {
    const rows: Row[] = [];
    for (const [name, newcomer] of Object.entries(newcomers)) {
      const times: number[] = [];
      for (let i = 0; i < TIMES; i += 1) {
        times.push(await taken({ box, machine, ports }, `${name}${i}`, newcomer));
      }
      rows.push(rowOf(`${origin.name}, ${name}`, times));
    }
    return rows;
  } finally {
    await box.dispose();
    await machine.close();
  }
}

openHub();
const rows: Row[] = [];
for (const origin of origins()) {
  rows.push(...(await measure(origin)), await measureBackups(origin));
}
process.stdout.write(`ROWS ${JSON.stringify(rows)}\n`);
