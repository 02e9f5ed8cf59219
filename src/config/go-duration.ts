/** Seconds of each unit of Go's time.ParseDuration. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/** Returns the seconds of Go's `45s`, `2m` or `1h30m`; null for anything else, and for 0. */
export function parseGoDuration(text: string): number | null {
  let seconds = 0;
  PART.lastIndex = text.startsWith('+') ? 1 : 0;
  let end = PART.lastIndex;
  for (let part = PART.exec(text); part !== null; part = PART.exec(text)) {
    const [, number = '', unit = ''] = part;
    seconds += Number(number) * (UNITS[unit] ?? 0);
    end = PART.lastIndex;
  }
  return end === text.length && seconds > 0 ? seconds : null;
}
