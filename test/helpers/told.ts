/** Clients of each protocol that say what they want, and are told something. */
import { CONCLUSION } from '../../src/protocol/srt/handshake.js';
import type { Role } from '../../src/stream-key.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import type { ClusterBox } from './cluster.js';
import { offerText } from './sdp.js';
import { SrtCaller } from './srt-caller.js';
import { until } from './until.js';

export type Protocol = 'rtmp' | 'srt' | 'whip' | 'whep' | 'flv' | 'hls';

export interface Asked {
  /** Name of a stream in the app `live`. */
  readonly stream: string;
  /** Null: none. */
  readonly token: string | null;
}

/** The answers to clients that are let in. */
export const LET_IN: Readonly<Record<Protocol, string>> = {
  rtmp: 'Start',
  srt: `${CONCLUSION}`,
  whip: '201',
  whep: '201',
  flv: '200',
  hls: '200',
};

const CLIENTS: Readonly<Record<Role, readonly Protocol[]>> = {
  publish: ['rtmp', 'srt', 'whip'],
  play: ['rtmp', 'srt', 'whep', 'flv', 'hls'],
};

/** Returns the protocols of a role; mini-srs speaks no SRT. */
export function protocolsOf(role: Role, isSrs: boolean): readonly Protocol[] {
  return CLIENTS[role].filter((name) => name !== 'srt' || isSrs);
}

type Box = Pick<ClusterBox, 'supervisor' | 'host' | 'http' | 'api' | 'srt'>;

/** Returns the answer to a client, which leaves then: a status, a handshake type, or a code. */
export async function told(
  box: Box,
  protocol: Protocol,
  role: Role,
  asked: Asked,
): Promise<string> {
  const { stream, token } = asked;
  const query = token === null ? '' : `?token=${token}`;
  if (protocol === 'rtmp') return rtmp(box, role, `${stream}${query}`);
  if (protocol === 'srt') return srt(box, role, asked);
  if (protocol === 'flv' || protocol === 'hls') {
    const file = protocol === 'flv' ? 'flv' : 'm3u8';
    return statusOf(`http://${box.supervisor.host}:${box.http}/live/${stream}.${file}${query}`);
  }
  const more = query.replace('?', '&');
  const url = `http://${box.host}:${box.api}/rtc/v1/${protocol}/?app=live&stream=${stream}${more}`;
  return statusOf(url, offerText(role === 'publish' ? 'sendonly' : 'recvonly'));
}

async function rtmp({ supervisor }: Box, role: Role, stream: string): Promise<string> {
  const client = await RtmpClient.open(supervisor.rtmpPort);
  client[role](`rtmp://127.0.0.1:${supervisor.rtmpPort}/live`, stream);
  const name = role === 'publish' ? 'Publish' : 'Play';
  const code = await until('an answer', () =>
    ['Start', 'Failed'].find((one) => client.codes().includes(`NetStream.${name}.${one}`)),
  );
  client.close();
  return code;
}

let sockets = 0;

async function srt(box: Box, role: Role, { stream, token }: Asked): Promise<string> {
  const caller = await new SrtCaller().open();
  caller.target = box.srt;
  caller.host = box.host;
  const mode = role === 'publish' ? 'publish' : 'request';
  const end = token === null ? '' : `,token=${token}`;
  sockets += 1;
  const { type } = await caller.call(sockets, `#!::r=live/${stream},m=${mode}${end}`);
  await caller.close();
  return `${type}`;
}

/** Returns the status of a request, with an offer if there is one. */
export async function statusOf(url: string, offer?: string, headers = {}): Promise<string> {
  const left = new AbortController();
  const sdp = { method: 'POST', body: offer ?? '', headers: { 'Content-Type': 'application/sdp' } };
  const init = offer === undefined ? { headers } : sdp;
  const response = await fetch(url, { ...init, signal: left.signal });
  left.abort();
  return `${response.status}`;
}
