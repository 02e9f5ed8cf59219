import type { Directive } from '../srs-conf/parse.js';

/** `name args;` */
export function line(name: string, ...args: string[]): Directive {
  return { name, args, children: null, line: 0 };
}

/** `name args { children }` */
export function block(name: string, args: string[], children: Directive[]): Directive {
  return { name, args, children, line: 0 };
}
