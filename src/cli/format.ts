const BYTES = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const BITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];

/** Formats as `999 B`, `1.5 MB`, `23 MB`, in decimal units. */
export function formatBytes(bytes: number): string {
  return inUnits(bytes, BYTES);
}

/** Formats bits per second as `999 bit/s`, `1.5 Mbit/s`, `23 Mbit/s`, in decimal units. */
export function formatBits(bitsPerSecond: number): string {
  return inUnits(bitsPerSecond, BITS);
}

function inUnits(amount: number, units: readonly string[]): string {
  let value = amount;
  let unit = 0;
  while (shown(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${shown(value)} ${units[unit]}`;
}

/** Formats as `0.4%`, `12%`, `135%`. */
export function formatPercent(percent: number): string {
  return `${shown(percent)}%`;
}

/** Formats in the largest unit: `1d`, `3m`, `12s`. */
export function formatAge(seconds: number): string {
  return formatDuration(seconds).split(' ')[0] ?? '';
}

/** Formats in the two largest units: `1d 2h`, `3m 5s`, `12s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}

// Rounds to one decimal below ten, to none above.
function shown(value: number): number {
  return value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value);
}
