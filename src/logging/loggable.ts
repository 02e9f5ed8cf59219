/** Longer texts of clients are cut. */
const MAX_LENGTH = 512;
/** What moves a terminal's cursor, ends a line, or turns its direction. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text that somebody else has chosen, fit for a log line: bounded, and with controls escaped. */
export function loggable(text: string, maxLength = MAX_LENGTH): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return escapeControls(short);
}

/** `\u{1b}` for ESC, and so on. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (control) => `\\u{${control.codePointAt(0)?.toString(16)}}`);
}
