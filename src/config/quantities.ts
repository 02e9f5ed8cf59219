import type { Reader } from './readers.js';

/** Bytes of each unit; decimal ones as the tables of the CLI have them. */
const BYTES: Readonly<Record<string, number>> = {
  mb: 1e6,
  gb: 1e9,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Seconds of each unit. */
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

const LEAST_BYTES = 1e6;
const LEAST_AGE_SECONDS = 600;
const MOST_AGE_SECONDS = 366 * 86_400;
const MOST_LIFETIME_SECONDS = 3660 * 86_400;

/** Reads `800MB` or `1.5GiB` as bytes. */
export const size: Reader<number> = {
  rule: 'a size of 1MB or more, such as 800MB or 2GiB (MB, GB, MiB, GiB)',
  read: (raw) => {
    const bytes = amount(raw, /^(\d{1,9}(?:\.\d{1,3})?) ?([MG]i?B)$/i, BYTES);
    return bytes !== undefined && bytes >= LEAST_BYTES ? Math.round(bytes) : undefined;
  },
};

/** Reads `12h` or `7d` as seconds. */
export const age: Reader<number> = {
  rule: 'a duration from 10m to 366d, such as 90m, 12h or 7d',
  read: (raw) => {
    const seconds = amount(raw, /^(\d{1,6}) ?([mhd])$/, SECONDS);
    const isFit =
      seconds !== undefined && seconds >= LEAST_AGE_SECONDS && seconds <= MOST_AGE_SECONDS;
    return isFit ? seconds : undefined;
  },
};

/** Reads the lifetime of a token, `90s` or `12h`, as seconds. */
export const lifetime: Reader<number> = {
  rule: 'a duration from 1s to 3660d, such as 90s, 15m, 12h or 7d',
  read: (raw) => {
    const seconds = amount(raw, /^(\d{1,9})([smhd])$/, SECONDS) ?? 0;
    return seconds > 0 && seconds <= MOST_LIFETIME_SECONDS ? seconds : undefined;
  },
};

/** Reads `04:30` as minutes after midnight. */
export const timeOfDay: Reader<number> = {
  rule: 'a time of day in quotes, such as "04:30"',
  read: (raw) => {
    const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(String(raw)) ?? [];
    return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
  },
};

/** Reads `off` as null. YAML may read it as false. */
export function orOff<T>(reader: Reader<T>): Reader<T | null> {
  return {
    rule: `off, or ${reader.rule}`,
    read: (raw) => (raw === 'off' || raw === false ? null : reader.read(raw)),
  };
}

function amount(
  raw: unknown,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const [, number, unit = ''] = pattern.exec(String(raw)) ?? [];
  const factor = units[unit.toLowerCase()];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}
