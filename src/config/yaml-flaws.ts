import { type Alias, type Document, type LineCounter, visit } from 'yaml';

/** A syntax error of a YAML text, in our own words. */
export interface YamlFlaw {
  /** Line number from 1. */
  readonly line: number;
  /** The rule, and how to keep it. */
  readonly text: string;
}

const QUOTE = 'put text with special characters in quotes';

/** Rules by the parser's error codes; its own messages are for programmers. */
const RULES: Readonly<Record<string, string>> = {
  ALIAS_PROPS: `an alias (*name) takes no tag and no anchor; ${QUOTE}`,
  BAD_ALIAS: `a value that begins with * is an alias; ${QUOTE}`,
  BAD_DQ_ESCAPE: 'a backslash in "double quotes" begins an escape; write \\\\ or use single quotes',
  BAD_INDENT:
    'the indentation fits no line above, or a bracket is not closed; indent keys of one section alike, with spaces',
  BAD_SCALAR_START: `a value cannot begin with that character; ${QUOTE}`,
  BLOCK_AS_IMPLICIT_KEY: `one line holds two keys; give each key a line of its own, or ${QUOTE}`,
  BLOCK_IN_FLOW:
    'a block stands within { } or [ ]; close the bracket, or write all of it in one way',
  DUPLICATE_KEY: 'this key stands there twice; remove one of them',
  MISSING_CHAR: 'a character is missing: a colon behind a key, a closing quote or a bracket',
  MULTILINE_IMPLICIT_KEY: `a key must be on one line, with a colon and a space behind it; ${QUOTE}`,
  MULTIPLE_DOCS: 'a second document begins here; keep all keys in one, and remove the line ---',
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  TAG_RESOLVE_FAILED: `a value that begins with ! is a tag, which means nothing here; ${QUOTE}`,
};
const OTHERWISE = `the text is no YAML there; write key: value, and ${QUOTE}`;

/** Returns the first flaw of a parsed document, or null. */
export function findFlaw(document: Document.Parsed, lines: LineCounter): YamlFlaw | null {
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    return { line, text: RULES[error.code] ?? OTHERWISE };
  }
  return danglingAlias(document, lines);
}

/**
 * Finds an alias without its anchor, such as `rtmp: *`, which the parser reports only when the
 * value is read.
 */
function danglingAlias(document: Document.Parsed, lines: LineCounter): YamlFlaw | null {
  let found: Alias | null = null;
  visit(document, {
    Alias: (_key, alias) => {
      if (alias.resolve(document) !== undefined) return undefined;
      found = alias;
      return visit.BREAK;
    },
  });
  const alias = found as Alias | null;
  if (alias === null) return null;
  const { line } = lines.linePos(alias.range?.[0] ?? 0);
  return { line, text: `*${alias.source} is an alias, and nothing has that name; ${QUOTE}` };
}
