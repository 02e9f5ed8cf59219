import type { EventEntry, SupervisorEvent } from '../events/event.js';
import { printable } from './table.js';

/** Columns of an event's type. */
const TYPE = 16;

/** Formats as `14:03:07 child-down        child=c003 generation=1 reason=killed by SIGKILL`. */
export function eventText({ at, event }: EventEntry): string {
  const time = new Date(at).toISOString().slice(11, 19);
  return printable(`${time} ${event.type.padEnd(TYPE)} ${fieldsText(event)}`.trimEnd());
}

function fieldsText(event: SupervisorEvent): string {
  return Object.entries(event)
    .filter(([name, value]) => name !== 'type' && !isEmpty(value))
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : value}`)
    .join(' ');
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
