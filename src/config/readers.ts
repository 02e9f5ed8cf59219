import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { expandHome } from '../system/home.js';
import { ADDRESS_RULE, parseAddress } from './address.js';
import type { Address } from './config.js';
import { CREDENTIALS_RULE, parseCredentials } from './credentials.js';
import { FIXED_ORIGIN_RULE, type FixedOrigin, parseFixedOrigin } from './fixed-origin.js';

/** Reads one type of value; `read` returns undefined for a value that breaks the rule. */
export interface Reader<T> {
  /** The rule in words, to follow "must be". */
  readonly rule: string;
  /** Takes YAML values as well as the text of flags and of the environment. */
  readonly read: (raw: unknown) => T | undefined;
}

/** Makes a schema key from its reader and its default. */
export function key<T>(reader: Reader<T>, fallback: unknown) {
  return z
    .unknown()
    .transform((raw, context) => {
      const value = reader.read(raw);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: `must be ${reader.rule}` });
      return z.NEVER;
    })
    .prefault(fallback);
}

export function integer(min: number, max: number): Reader<number> {
  return {
    rule: `a whole number ${min}-${max}`,
    read: (raw) => within(typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw),
  };

  function within(value: unknown): number | undefined {
    return Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : undefined;
  }
}

/** Reads a positive duration in seconds, which may have a fraction. */
export function seconds(max: number): Reader<number> {
  return {
    rule: `seconds, more than 0 and at most ${max}`,
    read: (raw) => {
      const value = typeof raw === 'string' && /^[\d.]+$/.test(raw) ? Number(raw) : raw;
      return typeof value === 'number' && value > 0 && value <= max ? value : undefined;
    },
  };
}

export function oneOf<const T extends string>(...words: readonly T[]): Reader<T> {
  return {
    rule: words.length > 1 ? `one of ${words.join(', ')}` : `${words[0]}, the only value it has`,
    read: (raw) => words.find((word) => word === raw),
  };
}

export function orAuto<T>(reader: Reader<T>): Reader<T | 'auto'> {
  return {
    rule: `auto or ${reader.rule}`,
    read: (raw) => (raw === 'auto' ? 'auto' : reader.read(raw)),
  };
}

export function orNull<T>(reader: Reader<T>): Reader<T | null> {
  return {
    rule: `null or ${reader.rule}`,
    read: (raw) => (raw === null || raw === 'null' ? null : reader.read(raw)),
  };
}

export function text(rule: string, pattern = /\S/): Reader<string> {
  return {
    rule,
    read: (raw) => (typeof raw === 'string' && pattern.test(raw) ? raw : undefined),
  };
}

/** Reads a path; a leading `~/` is the home of the user who runs the supervisor. */
export const path: Reader<string> = {
  rule: "a path; ~/ is your own home, another user's (~name) must be written out",
  read: (raw) => {
    if (typeof raw !== 'string' || raw.trim() === '' || /^~[^/]/.test(raw)) return undefined;
    return expandHome(raw);
  },
};

export const address: Reader<Address> = { rule: ADDRESS_RULE, read: parseAddress };

/** Reads an address for which a bare port means loopback, so that nobody exposes it by accident. */
export const privateAddress: Reader<Address> = {
  rule: ADDRESS_RULE,
  read: (raw) => {
    const parsed = parseAddress(raw);
    return parsed && { host: '127.0.0.1', ...parsed };
  },
};

/** Reads an address, or `off` for a listener that is not opened. YAML may read `off` as false. */
export const addressOrOff: Reader<Address | null> = {
  rule: `off, or ${ADDRESS_RULE}`,
  read: (raw) => (raw === 'off' || raw === false || raw === null ? null : parseAddress(raw)),
};

export const onOff: Reader<boolean> = {
  rule: 'on or off',
  read: (raw) => {
    if (raw === true || raw === 'on' || raw === 'true') return true;
    return raw === false || raw === 'off' || raw === 'false' ? false : undefined;
  },
};

/** Reads auto, on or off. YAML 1.2 keeps `off` as text; `pin: false` means the same. */
export const autoOnOff: Reader<'auto' | 'on' | 'off'> = {
  rule: 'one of auto, on, off',
  read: (raw) =>
    typeof raw === 'boolean' ? (raw ? 'on' : 'off') : oneOf('auto', 'on', 'off').read(raw),
};

const HOST_NAME = /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i;

/** Reads a list, or text with commas between the items. */
function list<T extends string>(
  rule: string,
  isItem: (item: unknown) => item is T,
): Reader<readonly T[]> {
  return {
    rule: `a list of ${rule}`,
    read: (raw) => {
      const items: unknown = typeof raw === 'string' ? splitList(raw) : raw;
      return Array.isArray(items) && items.every(isItem) ? items : undefined;
    },
  };
}

/** Reads `auto`, or a host at which others reach this machine. */
export const host: Reader<string> = {
  rule: 'auto, an IP address or a host name',
  read: (raw) => (isHost(raw) ? raw : undefined),
};

export const hosts = list('IP addresses or host names', isHost);
export const urls = list('http:// or https:// URLs', isHttpUrl);
export const networks = list('IP addresses or networks (10.0.0.0/8)', isNetwork);

export const credentials: Reader<string> = { rule: CREDENTIALS_RULE, read: parseCredentials };

/** Reads a list of texts; the values are the parsed origins. */
export const fixedOrigins: Reader<readonly FixedOrigin[]> = {
  rule: `a list of ${FIXED_ORIGIN_RULE}`,
  read: (raw) => {
    const items: unknown = typeof raw === 'string' ? splitList(raw) : raw;
    if (!Array.isArray(items)) return undefined;
    const origins = items.map((item) => parseFixedOrigin(String(item)));
    const read = origins.filter((origin) => origin !== undefined);
    return read.length === items.length ? read : undefined;
  },
};

export function words<const T extends string>(...known: readonly T[]): Reader<readonly T[]> {
  return list(known.join(', '), (item): item is T => known.some((word) => word === item));
}

/** Reads a mapping of host names to words, or text such as `name=word,name=word`. */
export function byHost<const T extends string>(
  ...known: readonly T[]
): Reader<Readonly<Record<string, T>>> {
  return {
    rule: `a mapping of host names to ${known.join(', ')}`,
    read: (raw) => {
      const entries = typeof raw === 'string' ? splitList(raw).map(splitPair) : entriesOf(raw);
      const isRight = ([host, word]: readonly unknown[]) =>
        isHost(host) && known.some((one) => one === word);
      return entries?.every(isRight)
        ? (Object.fromEntries(entries) as Record<string, T>)
        : undefined;
    },
  };
}

function entriesOf(raw: unknown): [string, unknown][] | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  return Object.entries(raw);
}

function splitPair(item: string): [string, string] {
  const at = item.lastIndexOf('=');
  return [item.slice(0, at), item.slice(at + 1)];
}

function splitList(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function isHost(item: unknown): item is string {
  return typeof item === 'string' && (isIP(item) !== 0 || HOST_NAME.test(item));
}

function isHttpUrl(item: unknown): item is string {
  return typeof item === 'string' && /^https?:\/\//.test(item) && URL.canParse(item);
}

function isNetwork(item: unknown): item is string {
  return typeof item === 'string' && (ipaddr.isValid(item) || ipaddr.isValidCIDR(item));
}

/** Reads `memory` or the address of a Redis. */
export const registry: Reader<string> = {
  rule: 'memory or redis://[:password@]host[:port][/db]',
  read: (raw) => {
    if (raw === 'memory') return raw;
    if (typeof raw !== 'string') return;
    if (/^rediss?\+(sentinel|cluster):\/\/([^@]*@)?[^/@]+/.test(raw)) return raw;
    if (!/^rediss?:\/\//.test(raw) || !URL.canParse(raw)) return;
    return new URL(raw).hostname === '' ? undefined : raw;
  },
};
