import { FATES, type Fate, type RuleConfig } from '../child/template-rule.js';
import { TEMPLATE_RULES } from '../child/template-rules.js';
import { type Directive, find } from '../srs-conf/parse.js';

/** Fate of some directives of a template, with its reason. */
export interface TemplateNote {
  readonly fate: Fate;
  readonly why: string;
  /** Directives by their text, with the lines at which they stand. */
  readonly directives: ReadonlyMap<string, readonly number[]>;
}

type Notes = Map<string, TemplateNote & { readonly directives: Map<string, number[]> }>;

/** Most directives that one line of `check` names. */
const MOST = 8;

/** Directives that have another effect than in a lone SRS, those of one reason together. */
export function notesOn(directives: readonly Directive[], config: RuleConfig): TemplateNote[] {
  const notes: Notes = new Map();
  for (const directive of directives) addNotes(notes, directive, '', config);
  return [...notes.values()].sort((a, b) => FATES.indexOf(a.fate) - FATES.indexOf(b.fate));
}

/** For `check`: `listen 1935 1936 (line 1) is replaced: RTMP clients come to …`. */
export function printNote({ fate, why, directives }: TemplateNote): string {
  const all = Array.from(directives, ([text, lines]) => `${text} (${linesText(lines)})`);
  const rest = all.length > MOST ? [`${all.length - MOST} more`] : [];
  const is = all.length > 1 ? 'are' : 'is';
  return `${[...all.slice(0, MOST), ...rest].join(', ')} ${is} ${verbs[fate]}: ${why}`;
}

/** For a start: how many directives have which fate. Null: none has another one. */
export function summaryOf(notes: readonly TemplateNote[]): string | null {
  const counts = FATES.flatMap((fate) => {
    const count = notes
      .filter((note) => note.fate === fate)
      .reduce((sum, { directives }) => sum + directives.size, 0);
    return count === 0 ? [] : `${count} ${verbs[fate]}`;
  });
  if (counts.length === 0) return null;
  return `srs.template: of its directives ${counts.join(', ')}; 'srs-supervisor check' says which and why`;
}

const verbs: Readonly<Record<Fate, string>> = {
  ignored: 'ignored',
  replaced: 'replaced',
  'by the box': 'done by the supervisor',
  'by one child': 'done by one child',
  'by each child': 'done by each child',
  moved: 'moved',
};

function addNotes(notes: Notes, directive: Directive, above: string, config: RuleConfig): void {
  const path = above + directive.name;
  const rules = isOff(directive)
    ? []
    : TEMPLATE_RULES.filter((rule) => rule.path === path && rule.fate !== 'by the box');
  const rule = rules.find(({ isFelt = () => true }) => isFelt(directive, config));
  if (rule !== undefined) add(notes, rule, path, directive);
  if (rule?.fate === 'ignored') return;
  for (const child of directive.children ?? []) {
    if (child.name === 'enabled' || !isOff(directive)) addNotes(notes, child, `${path}.`, config);
  }
}

/** A block that says `enabled off` has no effect; what it says of that counts all the same. */
function isOff({ children }: Directive): boolean {
  const enabled = children && find(children, 'enabled');
  return enabled ? enabled.args[0] !== 'on' : false;
}

function add(
  notes: Notes,
  { fate, why }: { readonly fate: Fate; readonly why: string },
  path: string,
  { args, children, line }: Directive,
): void {
  const key = `${fate} ${why}`;
  const note = notes.get(key) ?? { fate, why, directives: new Map<string, number[]>() };
  notes.set(key, note);
  const text = [path, ...args].join(' ') + (children === null ? '' : ' {…}');
  note.directives.set(text, [...(note.directives.get(text) ?? []), line]);
}

function linesText(lines: readonly number[]): string {
  return `${lines.length > 1 ? 'lines' : 'line'} ${lines.join(', ')}`;
}
