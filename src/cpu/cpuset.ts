import { SupervisorError } from '../errors.js';

/** Above any kernel's limit (8192); bounds the memory that a malformed range could take. */
const MAX_CPU = 65_535;

const RANGE = /^(\d{1,5})(?:-(\d{1,5}))?$/;
const MASK = /^[0-9a-f]{1,8}(,[0-9a-f]{8})*$/i;

/**
 * Parses the kernel's list form, `0-3,8` (cpuset(7), "List format"), to sorted CPU numbers without
 * duplicates. Empty text is the empty set. Throws ERR_CONFIG on anything else.
 */
export function parseCpuList(text: string): number[] {
  const trimmed = text.trim();
  if (trimmed === '') return [];
  return sortedSet(trimmed.split(',').flatMap((part) => parseRange(part.trim(), trimmed)));
}

/**
 * Parses the kernel's mask form, `ff,00000000`: 32-bit words in hexadecimal, the highest first and
 * possibly shorter (cpuset(7), "Mask format"). Throws ERR_CONFIG on anything else.
 */
export function parseCpuMask(text: string): number[] {
  const trimmed = text.trim();
  if (!MASK.test(trimmed)) throw badText('mask', trimmed, 'hexadecimal words such as ff,00000000');
  const digits = [...trimmed.replaceAll(',', '')].reverse();
  return digits.flatMap((digit, place) => {
    const bits = Number.parseInt(digit, 16);
    return [0, 1, 2, 3].filter((bit) => bits & (1 << bit)).map((bit) => place * 4 + bit);
  });
}

/** Formats CPU numbers in any order as the shortest text in list form. */
export function formatCpuList(cpus: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const cpu of sortedSet(cpus)) {
    const last = runs.at(-1);
    if (last && last[1] === cpu - 1) last[1] = cpu;
    else runs.push([cpu, cpu]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}

/** Parses the `Cpus_allowed_list` of a /proc/PID/status (proc(5)); null if it has none. */
export function parseAllowedList(status: string): number[] | null {
  const list = /^Cpus_allowed_list:(.*)$/m.exec(status)?.[1];
  return list === undefined ? null : parseCpuList(list);
}

/** Sorts numbers and removes duplicates. */
export function sortedSet(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function parseRange(part: string, whole: string): number[] {
  const match = RANGE.exec(part);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? from);
  if (!match || to < from || to > MAX_CPU) throw badText('list', whole, 'ranges such as 0-3,8');
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function badText(form: string, text: string, wanted: string): SupervisorError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return new SupervisorError('ERR_CONFIG', `cpu ${form}: '${shown}' is not understood: ${wanted}`);
}
