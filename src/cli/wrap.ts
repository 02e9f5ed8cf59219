import { columnsOf } from './table.js';

/**
 * Breaks a line at blanks where it has more than `width` columns of a terminal; later lines begin
 * after `indent` blanks. Words stay whole, so a long path can be copied. No width: one line.
 */
export function wrapped(line: string, width: number | null, indent = 2): string {
  if (width === null || columnsOf(line) <= width) return line;
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S)(?= )/)) {
    if (current.trim() === '' || columnsOf(current + word) <= width) current += word;
    else {
      lines.push(current);
      current = ' '.repeat(indent) + word.trimStart();
    }
  }
  return [...lines, current].join('\n');
}

/** Breaks each line of a text. */
export function wrappedLines(text: string, width: number | null, indent?: number): string {
  const lines = text.split('\n').map((line) => wrapped(line, width, indent));
  return lines.join('\n');
}
