import { readFile } from 'node:fs/promises';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { codeOf, plainReason, SupervisorError } from '../errors.js';
import { findFlaw } from './yaml-flaws.js';

/** A YAML file as plain values, with the line of each key. */
export interface ConfigFile {
  readonly values: Readonly<Record<string, unknown>>;
  /** Returns `srs.yaml:7` for a key that the file contains. */
  readonly where: (key: string) => string | undefined;
}

/** Reads and parses the config file. @throws ERR_CONFIG */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  try {
    return parseConfigFile(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof SupervisorError) throw error;
    const reason = error instanceof ReferenceError ? TOO_MANY_ALIASES : readReason(error);
    const text = `${path}: cannot read the config: ${reason}; name a YAML file with -c`;
    throw new SupervisorError('ERR_CONFIG', text, { cause: error });
  }
}

/** The parser limits aliases, since they can expand a text without bound. */
const TOO_MANY_ALIASES = 'too many aliases (*name), write their values out';

function readReason(error: unknown): string {
  return codeOf(error) === 'ENOENT' ? 'no such file' : plainReason(error);
}

/** Parses YAML 1.2; empty text is an empty config. @throws ERR_CONFIG */
function parseConfigFile(text: string, path: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const flaw = findFlaw(document, lines);
  if (flaw !== null) {
    throw new SupervisorError('ERR_CONFIG', `${path}:${flaw.line}: not valid YAML: ${flaw.text}`);
  }
  const root: unknown = document.toJS();
  if (root !== null && !isRecord(root)) {
    const text = `${path}:1: must be a mapping of keys to values, such as listen: { rtmp: 1935 }`;
    throw new SupervisorError('ERR_CONFIG', text);
  }
  return { values: root ?? {}, where };

  function where(key: string): string | undefined {
    const offset = offsetOf(document.contents, key.split('.'));
    return offset === undefined ? undefined : `${path}:${lines.linePos(offset).line}`;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// Returns the key's offset, because a missing value has none.
function offsetOf(node: unknown, [name, ...rest]: readonly string[]): number | undefined {
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === name);
  if (pair === undefined || !isScalar(pair.key)) return undefined;
  return rest.length === 0 ? pair.key.range?.[0] : offsetOf(pair.value, rest);
}
