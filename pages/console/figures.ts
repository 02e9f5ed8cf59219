/** Size of a small chart in its own units. */
export const WIDTH = 100;
export const HEIGHT = 24;

const HOUR_MS = 3_600_000;

/** Returns the path of a line through the figures; '' where there is nothing to draw. */
export function sparkPath(figures: readonly (number | null)[], most = 0): string {
  if (figures.length < 2) return '';
  const top = Math.max(most, ...figures.map((figure) => figure ?? 0));
  if (top <= 0) return `M0 ${HEIGHT - 1}H${WIDTH}`;
  let isOpen = false;
  let path = '';
  for (const [index, figure] of figures.entries()) {
    if (figure === null) {
      isOpen = false;
      continue;
    }
    const x = round((index * WIDTH) / (figures.length - 1));
    const y = round(HEIGHT - 1 - (figure / top) * (HEIGHT - 3));
    path += `${isOpen ? 'L' : 'M'}${x} ${y}`;
    isOpen = true;
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/**
 * Returns where a publication begins and ends in the hour before `now`, drawn with that width;
 * times in milliseconds since 1970.
 */
export function spanOf(
  { began, ended }: { readonly began: number | null; readonly ended: number | null },
  now: number,
  width: number,
): readonly [from: number, to: number] {
  const at = (time: number) => Math.min(1, Math.max(0, 1 - (now - time) / HOUR_MS)) * width;
  return [at(began ?? 0), at(ended ?? now)];
}
