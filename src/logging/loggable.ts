/** Most characters of a client's text. */
const MAX_LENGTH = 512;
/** Characters that move the cursor, end a line or change the text direction. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Makes a foreign text fit for a log line: truncated, and with control characters escaped. */
export function loggable(text: string, maxLength = MAX_LENGTH): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return escapeControls(short);
}

/** Escapes control characters: `\u{1b}` for ESC, and so on. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (control) => `\\u{${control.codePointAt(0)?.toString(16)}}`);
}
