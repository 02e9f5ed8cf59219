import { isIP } from 'node:net';
import { z } from 'zod';
import { ADDRESS_RULE, parseAddress } from './address.js';
import type { Address } from './config.js';

/** How one kind of value is read; `read` answers undefined for what the rule refuses. */
export interface Reader<T> {
  /** The rule in words, after "must be". */
  readonly rule: string;
  /** Takes YAML values and the texts of flags and environment alike. */
  readonly read: (raw: unknown) => T | undefined;
}

/** A key of the schema: its reader, and what stands when nobody names it. */
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

/** A duration that may have a fraction; never zero. */
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
    rule: `one of ${words.join(', ')}`,
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

export const address: Reader<Address> = { rule: ADDRESS_RULE, read: parseAddress };

/** An address where a bare port means this machine only, so that nobody opens it by accident. */
export const privateAddress: Reader<Address> = {
  rule: ADDRESS_RULE,
  read: (raw) => {
    const parsed = parseAddress(raw);
    return parsed && { host: '127.0.0.1', ...parsed };
  },
};

/** YAML has `pin: off` and `pin: false`; both mean the same to whoever writes them. */
export const pin: Reader<'auto' | 'on' | 'off'> = {
  rule: 'one of auto, on, off',
  read: (raw) =>
    typeof raw === 'boolean' ? (raw ? 'on' : 'off') : oneOf('auto', 'on', 'off').read(raw),
};

const HOST_NAME = /^(?=.{1,253}$)[a-z\d]([a-z\d-]*[a-z\d])?(\.[a-z\d]([a-z\d-]*[a-z\d])?)*$/i;

/** A list, or its items in one text with commas between them. */
export const hosts: Reader<readonly string[]> = {
  rule: 'a list of IP addresses or host names',
  read: (raw) => {
    const items: unknown = typeof raw === 'string' ? splitList(raw) : raw;
    return Array.isArray(items) && items.every(isHost) ? items : undefined;
  },
};

function splitList(list: string): string[] {
  return list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function isHost(item: unknown): item is string {
  return typeof item === 'string' && (isIP(item) !== 0 || HOST_NAME.test(item));
}

/** `memory`, or the address of a Redis. */
export const registry: Reader<string> = {
  rule: 'memory or redis://[:password@]host[:port][/db]',
  read: (raw) => {
    if (raw === 'memory') return raw;
    if (typeof raw !== 'string' || !/^rediss?:\/\//.test(raw) || !URL.canParse(raw)) return;
    return new URL(raw).hostname === '' ? undefined : raw;
  },
};
