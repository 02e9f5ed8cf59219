import type { Role } from '../../stream-key.js';
import { parseQuery } from '../query.js';
import { invalid, type Parsed, value } from '../result.js';

/** A stream id as SRS interprets it. */
export interface StreamId {
  readonly role: Role;
  /** The requested vhost, configured or not; '' if none was requested. */
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
}

/** Prefix of ids that are lists of keys and values. */
const KEYED = '#!::';
/** SRS's substitute for an empty id. */
const EMPTY = '#!::r=live/livestream,m=publish';
/** Keys that SRS reads: vhost, resource, mode. */
const SRS_KEYS: ReadonlySet<string> = new Set(['h', 'r', 'm']);
const ROLES: ReadonlyMap<string, Role> = new Map([
  ['publish', 'publish'],
  ['request', 'play'],
]);
const CONTROL = /\p{Cc}/u;

/** Stream id for callers that name no stream; null: they are refused. */
export interface DefaultStreamId {
  /** `app/stream` */
  readonly path: string;
  readonly role: Role;
}

/** The parsed stream id for the caller's child. */
export interface ServedStreamId extends StreamId {
  readonly text: string;
}

/** A path with parameters, and the fields sent beside it. */
interface Target {
  readonly role: Role;
  readonly vhost: string;
  readonly path: string;
}

/**
 * Finds role, vhost, app and stream of a caller by SRS's rules, odd ones included: a key that
 * differs from SRS's would send a player to the wrong child. Empty names, which SRS accepts, are
 * invalid.
 */
export function parseStreamId(text: string, defaultApp: string): Parsed<StreamId> {
  if (CONTROL.test(text)) return invalid('control character in the stream id');
  const target = parseTarget(text || EMPTY);
  if (target.kind !== 'value') return target;
  const { role, vhost, path } = target.value;
  // SRS finds the slash even inside the parameters.
  const slash = path.indexOf('/');
  const app = slash < 0 ? defaultApp : path.slice(0, slash);
  const stream = path.slice(slash + 1).split('?', 1)[0] ?? '';
  if (app === '') return invalid('no app in the stream id');
  if (stream === '') return invalid('no stream in the stream id');
  return value({ role, vhost, app, stream }, text.length);
}

/**
 * Parses a caller's stream id, with corrections of SRS's rules: a percent-encoded id is decoded
 * (some programs copy it from a URL unchanged), and an id that names no stream (an empty one, or a
 * hardware encoder's own keys) becomes the default. SRS takes an empty id for a publisher of
 * `live/livestream`, so a viewer without an id would occupy that stream.
 */
export function readStreamId(
  text: string,
  defaultApp: string,
  fallback: DefaultStreamId | null,
): Parsed<ServedStreamId> {
  if (CONTROL.test(text)) return invalid('control character in the stream id');
  const decoded = decodeKeyed(text);
  const served = namesNothing(decoded) ? textOf(fallback) : decoded;
  if (served === null) return invalid('the stream id names no stream (srt.defaultMode: refuse)');
  const parsed = parseStreamId(served, defaultApp);
  return parsed.kind === 'value' ? value({ ...parsed.value, text: served }, text.length) : parsed;
}

/** Decodes `%23!::r=…` to `#!::r=…`; returns any other text unchanged. */
function decodeKeyed(text: string): string {
  if (!text.startsWith('%23')) return text;
  try {
    const decoded = decodeURIComponent(text);
    return decoded.startsWith(KEYED) ? decoded : text;
  } catch {
    return text;
  }
}

function namesNothing(text: string): boolean {
  if (text === '') return true;
  if (!text.startsWith(KEYED)) return false;
  const names = parseQuery(text.slice(KEYED.length).replaceAll('?', ','));
  return !Array.from(names).some(([name]) => SRS_KEYS.has(name));
}

function textOf(fallback: DefaultStreamId | null): string | null {
  if (fallback === null) return null;
  const mode = fallback.role === 'publish' ? 'publish' : 'request';
  return `${KEYED}r=${fallback.path},m=${mode}`;
}

function parseTarget(text: string): Parsed<Target> {
  if (text.startsWith(KEYED)) return parseKeyed(text.slice(KEYED.length));
  return value({ role: 'play', vhost: '', path: text }, text.length);
}

function parseKeyed(text: string): Parsed<Target> {
  const pairs = parseQuery(text.replaceAll('?', ','));
  const { h = '', r, m = 'request', ...others } = Object.fromEntries(pairs);
  const role = ROLES.get(m.toLowerCase());
  if (!role) return invalid('the mode of the stream id is neither publish nor request');
  const host = splitHost(h);
  const path = r ?? host.path;
  if (path === '') return invalid('no resource in the stream id');
  const query = queryOf(host.vhost === '' ? others : { ...others, h: host.vhost });
  return value({ role, vhost: host.vhost, path: path + query }, text.length);
}

/** Joins parameters in SRS's order, which matters for values with slashes. */
function queryOf(params: Readonly<Record<string, string>>): string {
  const names = Object.keys(params).sort();
  const pairs = names.map((name) => `${name === 'h' ? 'vhost' : name}=${params[name]}`);
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

/** Splits `h`: a vhost, `app/stream`, or `vhost/app/stream`. */
function splitHost(host: string): { vhost: string; path: string } {
  const first = host.indexOf('/');
  if (first < 0) return { vhost: host, path: '' };
  if (first === host.lastIndexOf('/')) return { vhost: '', path: host };
  return { vhost: host.slice(0, first), path: host.slice(first + 1) };
}
