/** Clients of each protocol that say what they want, and are told something. */
import { type RequestOptions, request } from 'node:http';
import { CONCLUSION } from '../../src/protocol/srt/handshake.js';
import type { Role } from '../../src/stream-key.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import type { ClusterBox } from './cluster.js';
import { offerText } from './sdp.js';
import { SrtCaller } from './srt-caller.js';
import { until } from './until.js';

export type Protocol = 'rtmp' | 'srt' | 'whip' | 'whep' | 'flv' | 'ts' | 'hls';

export interface Asked {
  /** Default: `live`. */
  readonly app?: string;
  readonly stream: string;
  /** Null: none. */
  readonly token: string | null;
  /** The client's address; default: 127.0.0.1. */
  readonly from?: string;
}

/** The answers to clients that are let in. */
export const LET_IN: Readonly<Record<Exclude<Protocol, 'ts'>, string>> = {
  rtmp: 'Start',
  srt: `${CONCLUSION}`,
  whip: '201',
  whep: '201',
  flv: '200',
  hls: '200',
};

const CLIENTS: Readonly<Record<Role, readonly (keyof typeof LET_IN)[]>> = {
  publish: ['rtmp', 'srt', 'whip'],
  play: ['rtmp', 'srt', 'whep', 'flv', 'hls'],
};

/** Returns the protocols of a role in the default vhost; mini-srs speaks no SRT. */
export function protocolsOf(role: Role, isSrs: boolean) {
  return CLIENTS[role].filter((name) => name !== 'srt' || isSrs);
}

export type Box = Pick<ClusterBox, 'supervisor' | 'host' | 'http' | 'api' | 'srt'>;

/** A vhost that has HTTP-TS in place of HLS. */
export const TS_VHOST = 'ts.example.com';
const FILES = { flv: 'flv', ts: 'ts', hls: 'm3u8' } as const;

/**
 * Returns the answer to a client, which leaves then: a status, a handshake type, or the end of a
 * code; `closed`: its connection was closed without one.
 */
export async function told(
  box: Box,
  protocol: Protocol,
  role: Role,
  asked: Asked,
): Promise<string> {
  const { app = 'live', stream, token, from } = asked;
  if (protocol === 'rtmp') return rtmp(box, role, asked);
  if (protocol === 'srt') return srt(box, role, asked);
  const words = token === null ? [] : [`token=${token}`];
  if (protocol === 'ts') words.push(`vhost=${TS_VHOST}`);
  if (protocol in FILES) {
    const file = `${stream}.${FILES[protocol as keyof typeof FILES]}`;
    const query = words.length === 0 ? '' : `?${words.join('&')}`;
    return statusOf(`http://${box.supervisor.host}:${box.http}/${app}/${file}${query}`, { from });
  }
  const query = [`app=${app}`, `stream=${stream}`, ...words].join('&');
  const url = `http://${box.host}:${box.api}/rtc/v1/${protocol}/?${query}`;
  return statusOf(url, { offer: offerText(role === 'publish' ? 'sendonly' : 'recvonly'), from });
}

async function rtmp(
  { supervisor }: Box,
  role: Role,
  { app = 'live', stream, token, from }: Asked,
): Promise<string> {
  const client = await RtmpClient.open(supervisor.rtmpPort, from).catch(() => null);
  if (client === null) return 'closed';
  const name = token === null ? stream : `${stream}?token=${token}`;
  client[role](`rtmp://127.0.0.1:${supervisor.rtmpPort}/${app}`, name);
  const kind = role === 'publish' ? 'Publish' : 'Play';
  const code = () =>
    ['Start', 'Failed', 'BadName'].find((one) =>
      client.codes().includes(`NetStream.${kind}.${one}`),
    );
  const answer = await until('an answer', () => code() ?? (client.closed && 'closed'));
  client.close();
  return answer;
}

let sockets = 0;

async function srt(box: Box, role: Role, asked: Asked): Promise<string> {
  const { app = 'live', stream, token, from } = asked;
  const caller = await new SrtCaller().open(from);
  caller.target = box.srt;
  caller.host = box.host;
  const mode = role === 'publish' ? 'publish' : 'request';
  const end = token === null ? '' : `,token=${token}`;
  sockets += 1;
  const { type } = await caller.call(sockets, `#!::r=${app}/${stream},m=${mode}${end}`);
  await caller.close();
  return `${type}`;
}

interface HttpAsked {
  /** Makes it a POST of this offer. */
  readonly offer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string | undefined;
}

/** Returns the status of a request; `closed`: the connection was closed without an answer. */
export function statusOf(url: string, { offer, headers, from }: HttpAsked = {}): Promise<string> {
  const sdp = { method: 'POST', headers: { 'Content-Type': 'application/sdp' } };
  const options: RequestOptions = offer === undefined ? { ...(headers && { headers }) } : sdp;
  return new Promise((resolve) => {
    const asking = request(url, { ...options, ...(from && { localAddress: from }) }, (response) => {
      resolve(`${response.statusCode}`);
      response.destroy();
    });
    asking.on('error', () => resolve('closed')).end(offer);
  });
}
