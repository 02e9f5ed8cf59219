import { stripVTControlCharacters } from 'node:util';

/** `[time][LEVEL][pid][cid]` and, on errors, `[errno]`. */
const PREFIX = /^\[[\d :.-]+\]\[(?<level>[A-Z]+)\]\[\d+\]\[\w*\](\[\d+\])? /;
const CONFIG = /invalid config ?code=\d+(\(\w+\))? : (?<reason>.*)/;
const MAX_REASON = 300;

/**
 * Returns the line of SRS's output that says why it ended, without time, pid and colours: the
 * complaint about its config, else its last error, else its last line; '' if there is no output.
 */
export function reasonIn(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n').filter(Boolean);
  const config = lines.map((line) => CONFIG.exec(line)?.groups?.reason).find(Boolean);
  const error = lines.findLast((line) => PREFIX.exec(line)?.groups?.level === 'ERROR');
  const found = config ?? error ?? lines.at(-1) ?? '';
  return found.replace(PREFIX, '').trim().slice(0, MAX_REASON);
}
