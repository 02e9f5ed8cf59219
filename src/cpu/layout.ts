/** Columns of a classic terminal. */
const WIDTH = 80;

const LABEL_WIDTH = 10;

/** Formats `label text`, wrapped after blanks and commas and aligned with the text. */
export function labelled(label: string, text: string): string {
  return wrap(label.padEnd(LABEL_WIDTH), text, LABEL_WIDTH);
}

/** Wraps text behind `head`; later lines are indented. */
export function wrap(head: string, text: string, indent: number): string {
  const lines = [head];
  for (const piece of text.split(/(?<=[ ,])/)) {
    const line = lines.at(-1) ?? '';
    const isFull = (line + piece).trimEnd().length > WIDTH;
    if (isFull && line.trim() !== '') lines.push(' '.repeat(indent) + piece);
    else lines[lines.length - 1] = line + piece;
  }
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Formats rows as aligned columns. Columns without any value are omitted. */
export function columns(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = titles.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== ''));
  const lines = [titles, ...rows].map((row) => used.map((i) => row[i] || '-'));
  const widths = used.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Formats cells side by side in reading order, as many per line as fit. */
export function grid(cells: readonly string[], cellWidth: number): string {
  const perLine = Math.max(1, Math.floor(WIDTH / (cellWidth + 2)));
  return Array.from({ length: Math.ceil(cells.length / perLine) }, (_, line) =>
    cells.slice(line * perLine, (line + 1) * perLine),
  )
    .map((line) => line.map((cell) => `  ${cell.padEnd(cellWidth)}`).join(''))
    .map((line) => line.trimEnd())
    .join('\n');
}
