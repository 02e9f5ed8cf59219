import { SupervisorError } from '../errors.js';
import type { Directive } from './parse.js';

/** A bare word of SRS's language: no character in it ends the word or starts a quote or comment. */
const BARE = /^[^\s;{}#"'\0][^\s;{}\0]*$/;

/**
 * Prints a tree as an srs.conf; parseConf reads back the same tree. Throws ERR_CONFIG for an
 * argument that SRS's language cannot express.
 */
export function printConf(directives: readonly Directive[], indent = ''): string {
  return directives.map((directive) => printDirective(directive, indent)).join('');
}

function printDirective({ name, args, children }: Directive, indent: string): string {
  const words = [name, ...args].map(quote).join(' ');
  if (children === null) return `${indent}${words};\n`;
  return `${indent}${words} {\n${printConf(children, `${indent}    `)}${indent}}\n`;
}

function quote(word: string): string {
  if (BARE.test(word)) return word;
  const mark = word.includes('"') ? "'" : '"';
  if (word === '' || word.includes(mark) || word.includes('\0')) {
    const shown = JSON.stringify(word);
    throw new SupervisorError('ERR_CONFIG', `srs.conf: no way to write ${shown}: use other text`);
  }
  return mark + word + mark;
}
