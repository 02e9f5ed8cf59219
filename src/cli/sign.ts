import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { AccessPolicy } from '../access/policy.js';
import { type SignedPermit, signToken } from '../access/signed.js';
import type { SigningKey } from '../config/access-config.js';
import { formatAddress, isWildcard } from '../config/address.js';
import type { Address, Config } from '../config/config.js';
import { lifetime } from '../config/quantities.js';
import { SupervisorError } from '../errors.js';
import {
  DEFAULT_VHOST,
  nameOf,
  parseNamedStream,
  type Role,
  type StreamKey,
  type StreamName,
} from '../stream-key.js';

/** Options of `sign`, as the command line has them. */
export interface SignOptions {
  readonly role?: string;
  readonly for: string;
  readonly address?: string;
  readonly key?: string;
  readonly host?: string;
  readonly json?: boolean;
}

/** A token, and the URLs that have it, by protocol. */
interface Signed extends SignedPermit {
  readonly token: string;
  readonly urls: Readonly<Record<string, string>>;
  /** Null: the rules ask for it. */
  readonly note: string | null;
}

/** A stream that is wanted, with its token. */
interface Ticket {
  readonly name: StreamName;
  readonly role: Role;
  readonly token: string;
}

/** Returns a signed token with the URLs that have it, as text or JSON. @throws ERR_USAGE */
export function sign(stream: string, options: SignOptions, config: Config, now: number): string {
  const { host, json = false } = options;
  const permit = permitOf(stream, options, now);
  const token = signToken(permit, keyOf(config, options.key));
  const ticket = { name: nameOf(permit.stream), role: permit.role, token };
  const urls = urlsOf(ticket, config.listen, host);
  const signed = { token, ...permit, urls, note: noteOf(permit, config) };
  return json ? JSON.stringify(signed, null, 2) : render(signed);
}

function permitOf(stream: string, options: SignOptions, now: number): SignedPermit {
  const { role, address = null } = options;
  if (role !== 'publish' && role !== 'play') {
    throw usage('--role', 'publish or play', role ?? 'nothing');
  }
  const seconds = lifetime.read(options.for);
  if (seconds === undefined) throw usage('--for', lifetime.rule, options.for);
  if (address !== null && isIP(address) === 0) throw usage('--address', 'an IP address', address);
  return { stream: keyOfStream(stream), role, expires: Math.floor(now / 1000) + seconds, address };
}

function keyOfStream(text: string): StreamKey {
  const stream = parseNamedStream(text);
  if (stream !== null && !/[\s?&=,;#]/.test(stream)) return stream;
  throw usage('STREAM', 'app/stream or vhost/app/stream', text);
}

function keyOf({ access: { keys } }: Config, id: string | undefined): SigningKey {
  const key = id === undefined ? keys[0] : keys.find((one) => one.id === id);
  if (key !== undefined) return key;
  const known = keys.map((one) => one.id).join(', ');
  if (keys.length > 0) throw usage('--key', `one of ${known}`, id ?? 'nothing');
  const mend = 'echo "k1:$(openssl rand -hex 24)" > FILE, and name that by access.keysFile';
  throw new SupervisorError('ERR_USAGE', `access.keys: there is none to sign with: ${mend}`);
}

function usage(what: string, rule: string, got: string): SupervisorError {
  return new SupervisorError('ERR_USAGE', `${what}: must be ${rule}, got "${got}"`);
}

function urlsOf(ticket: Ticket, listen: Config['listen'], host?: string): Record<string, string> {
  const at = (address: Address) => {
    const { host: bound = '' } = address;
    const name = host ?? (isWildcard(address) ? hostname() : bound);
    return formatAddress({ host: name, port: address.port });
  };
  const schemes = [
    ['rtmp', listen.rtmp, rtmpPath],
    ['rtmps', listen.rtmps, rtmpPath],
    ['srt', listen.srt, srtPath],
    ['http', listen.api, webRtcPath],
    ['https', listen.apiHttps, webRtcPath],
    ...(ticket.role === 'publish'
      ? []
      : ([
          ['http', listen.http, flvPath],
          ['https', listen.https, flvPath],
          ['http', listen.http, hlsPath],
          ['https', listen.https, hlsPath],
        ] as const)),
  ] as const;
  const urls = schemes.flatMap(([scheme, address, pathOf]) => {
    if (address === null) return [];
    const { label, path } = pathOf(ticket);
    const name = scheme.endsWith('s') ? `${label}s` : label;
    return [[name, `${scheme}://${at(address)}${path}`] as const];
  });
  return Object.fromEntries(urls);
}

function rtmpPath(ticket: Ticket) {
  const { app, stream } = ticket.name;
  return { label: 'rtmp', path: `/${app}/${stream}?${queryOf(ticket)}` };
}

function srtPath({ name: { vhost, app, stream }, role, token }: Ticket) {
  const host = vhost === DEFAULT_VHOST ? '' : `h=${vhost},`;
  const mode = role === 'publish' ? 'publish' : 'request';
  const id = `#!::${host}r=${app}/${stream},m=${mode},token=${token}`;
  return { label: 'srt', path: `?streamid=${id}` };
}

function webRtcPath(ticket: Ticket) {
  const { app, stream } = ticket.name;
  const label = ticket.role === 'publish' ? 'whip' : 'whep';
  return { label, path: `/rtc/v1/${label}/?app=${app}&stream=${stream}&${queryOf(ticket)}` };
}

function flvPath(ticket: Ticket) {
  const { app, stream } = ticket.name;
  return { label: 'flv', path: `/${app}/${stream}.flv?${queryOf(ticket)}` };
}

function hlsPath(ticket: Ticket) {
  const { app, stream } = ticket.name;
  return { label: 'hls', path: `/${app}/${stream}.m3u8?${queryOf(ticket)}` };
}

function queryOf({ name: { vhost }, token }: Ticket): string {
  return vhost === DEFAULT_VHOST ? `token=${token}` : `vhost=${vhost}&token=${token}`;
}

function noteOf({ stream, role }: SignedPermit, { access }: Config): string | null {
  const { token = 'off' } = new AccessPolicy(access.rules).of(stream, role) ?? {};
  if (token === 'off') return `access.rules ask for no token here: everybody may ${role} it`;
  return token === 'jwt' ? 'access.rules ask for a JWT here: this token will be refused' : null;
}

function render({ stream, role, token, expires, address, urls, note }: Signed): string {
  const until = new Date(expires * 1000).toISOString();
  const rows = [
    ['stream', stream],
    ['role', role],
    ['expires', until],
    ['address', address ?? 'any'],
    ['token', token],
    ...Object.entries(urls),
    ...(note === null ? [] : [['note', note]]),
  ];
  return rows.map(([name = '', text = '']) => `${name.padEnd(9)}${text}`).join('\n');
}
