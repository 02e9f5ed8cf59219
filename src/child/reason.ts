import { stripVTControlCharacters } from 'node:util';

/** `[time][LEVEL][pid][cid]` and, on errors, `[errno]`. */
const PREFIX = /^\[[\d :.-]+\]\[(?<level>[A-Z]+)\]\[\d+\]\[\w*\](\[\d+\])? /;
const CONFIG = /invalid config ?code=\d+(\(\w+\))? : (?<reason>.*)/;
const MAX_REASON = 300;

/**
 * The line of SRS's output that says why it ended: what it has against its config, else its last
 * error, else its last line; without time, pid and colours. '' where it said nothing.
 */
export function reasonIn(output: string): string {
  const lines = stripVTControlCharacters(output).split('\n').filter(Boolean);
  const config = lines.map((line) => CONFIG.exec(line)?.groups?.reason).find(Boolean);
  const error = lines.findLast((line) => PREFIX.exec(line)?.groups?.level === 'ERROR');
  const found = config ?? error ?? lines.at(-1) ?? '';
  return found.replace(PREFIX, '').trim().slice(0, MAX_REASON);
}
