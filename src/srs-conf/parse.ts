/**
 * The room `srs-conf/`: SRS's config language: text to tree, and tree to text.
 * May import: no other room.
 */

import { SupervisorError } from '../errors.js';

/** One line of a config, `name args… ;`, or a block, `name args… { children }`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** Null for a directive that ends in `;`. */
  readonly children: readonly Directive[] | null;
  /** Line in the text, from 1; 0 if it does not come from a text. */
  readonly line: number;
}

interface Token {
  readonly kind: 'word' | ';' | '{' | '}' | 'end';
  readonly text: string;
  readonly line: number;
}

const MAX_LENGTH = 1024 * 1024;
const MAX_DEPTH = 16;

/** SRS has no escapes: a quoted text ends at the next such quote, and a separator must follow. */
const TOKEN =
  /(?<blank>[ \t\r\n]+|#[^\n]*)|(?<mark>[;{}])|(?:"(?<double>[^"]*)"|'(?<single>[^']*)')(?=[ \t\r\n;{]|$)|(?<bare>[^ \t\r\n;{}#"'][^ \t\r\n;{]*)/y;

/**
 * Parses the text of an srs.conf. `include` is a directive like any other; no file is opened.
 * Throws ERR_CONFIG with the line where SRS could not parse it either.
 */
export function parseConf(text: string): Directive[] {
  if (text.length > MAX_LENGTH) throw failure(1, `the file is longer than ${MAX_LENGTH} bytes`);
  const tokens = tokenize(text.replace(/^\uFEFF/, ''));
  return parseBlock(tokens, 0);
}

/** Finds a directive by path: `find(conf, 'http_api', 'listen')`. The first of a name counts. */
export function find(
  directives: readonly Directive[],
  name: string,
  ...rest: string[]
): Directive | undefined {
  const found = directives.find((directive) => directive.name === name);
  const [next, ...further] = rest;
  if (found === undefined || next === undefined) return found;
  return find(found.children ?? [], next, ...further);
}

function parseBlock(tokens: Iterator<Token, Token>, depth: number): Directive[] {
  const directives: Directive[] = [];
  for (;;) {
    const token = tokens.next().value;
    if (token.kind === 'word') directives.push(parseDirective(tokens, token, depth));
    else if (token.kind === (depth === 0 ? 'end' : '}')) return directives;
    else throw unexpected(token);
  }
}

function parseDirective(tokens: Iterator<Token, Token>, name: Token, depth: number): Directive {
  const args: string[] = [];
  for (;;) {
    const token = tokens.next().value;
    if (token.kind === 'word') args.push(token.text);
    else if (token.kind === ';') return { name: name.text, args, children: null, line: name.line };
    else if (token.kind !== '{') throw unexpected(token, name);
    else {
      if (depth >= MAX_DEPTH) throw failure(token.line, `blocks nest deeper than ${MAX_DEPTH}`);
      const children = parseBlock(tokens, depth + 1);
      return { name: name.text, args, children, line: name.line };
    }
  }
}

/** Yields tokens and returns the end token, so that the parser need not check for the end. */
function* tokenize(text: string): Generator<Token, Token> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) throw failure(line, 'a quote is not closed, or text follows it directly');
    const token = toToken(match.groups ?? {}, line);
    if (token !== null) yield token;
    line += match[0].split('\n').length - 1;
    at += match[0].length;
  }
  return { kind: 'end', text: 'end of the file', line };
}

/** Converts a match to a token; null for what SRS skips: blanks, comments and `""`. */
function toToken(groups: Record<string, string | undefined>, line: number): Token | null {
  const { mark, double, single, bare } = groups;
  if (mark === ';' || mark === '{' || mark === '}') return { kind: mark, text: mark, line };
  const text = double ?? single ?? bare ?? '';
  return text === '' ? null : { kind: 'word', text, line };
}

function unexpected(token: Token, directive?: Token): SupervisorError {
  const what = token.kind === 'end' ? token.text : `'${token.text}'`;
  const where = directive === undefined ? '' : `, '${directive.text}' needs a ';' or a block`;
  return failure(token.line, `unexpected ${what}${where}`);
}

function failure(line: number, reason: string): SupervisorError {
  return new SupervisorError('ERR_CONFIG', `line ${line}: ${reason}`);
}
