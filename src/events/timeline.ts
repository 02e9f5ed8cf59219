import type { EventEntry, SupervisorEvent } from './event.js';
import { fits } from './event-log.js';
import type { Publication, Timeline } from './publication.js';

/** Milliseconds between a publication's end and the report of its publisher's connection. */
const SAME_END_MS = 10_000;

/** Milliseconds between the ends of a connection and of its child, if that is the reason. */
const CHILD_MS = 1_000;

/** Reasons by the word of the relay for the end of a connection. */
const WORDS: Readonly<Record<string, string>> = {
  closed: 'the publisher left',
  ended: 'the publisher left',
  'client-reset': 'the connection of the publisher was reset',
  'child-reset': 'the child reset the connection',
  idle: 'the publisher sent nothing for too long',
  stalled: 'the publisher took no bytes for too long',
};

type Draft = { -readonly [K in keyof Publication]: Publication[K] };

/**
 * Returns the publications of a stream, and the events about it, from all events, oldest first. The
 * end of a child is one of them if it ended a publication.
 */
export function historyOf(
  stream: string,
  entries: readonly EventEntry[],
): Pick<Timeline, 'publications' | 'events'> {
  const publications: Draft[] = [];
  const events = entries.filter(({ at, event }) => {
    if (event.type === 'child-down') return noteChild(publications, at, event, stream);
    if (!fits(event, { stream })) return false;
    note(publications, at, event);
    return true;
  });
  return { publications, events };
}

function note(drafts: Draft[], at: number, event: SupervisorEvent): void {
  if (event.type === 'publish') {
    endOf(drafts, null, at, 'the stream was published again');
    drafts.push({ ...begun(event.child, at), client: event.client ?? null });
  } else if (event.type === 'publisher-left') noteLeft(drafts, at, event);
  else if (event.type === 'unpublish') noteUnpublished(drafts, at, event);
  else if (event.type === 'takeover') {
    endOf(drafts, event.child, at, 'the stream was published in another child');
  }
}

function noteUnpublished(
  drafts: Draft[],
  at: number,
  { child, players }: Extract<SupervisorEvent, { type: 'unpublish' }>,
): void {
  endOf(drafts, child, at, 'the publisher left');
  const last = drafts.at(-1);
  if (last?.child === child) last.players ??= players ?? null;
}

/** Notes the end of a child; returns whether that is about the stream. */
function noteChild(
  drafts: Draft[],
  at: number,
  { child, reason, names }: Extract<SupervisorEvent, { type: 'child-down' }>,
  stream: string,
): boolean {
  const last = drafts.at(-1);
  // The connection of the publisher may end first.
  const ended = last?.ended ?? at;
  const isTheirs = last?.child === child && at - ended < CHILD_MS;
  if (isTheirs || names.includes(stream)) {
    if (isTheirs) last.ended = null;
    endOf(drafts, child, ended, `child ${child} ended: ${reason}`);
  }
  return isTheirs || names.includes(stream);
}

function begun(child: string, began: number | null): Draft {
  const open = { ended: null, bytesIn: null, bitrate: null, players: null, why: null };
  return { child, client: null, began, ...open };
}

/** Ends the publication that goes on, if it is in that child; null: in any. */
function endOf(drafts: Draft[], child: string | null, at: number, why: string): void {
  const last = drafts.at(-1);
  if (last === undefined && child !== null) {
    drafts.push({ ...begun(child, null), ended: at, why });
  } else if (last?.ended === null && (child === null || last.child === child)) {
    last.ended = at;
    last.why = why;
  }
}

/** Adds what is known of the publisher's connection, which may be told before or after the end. */
function noteLeft(
  drafts: Draft[],
  at: number,
  event: Extract<SupervisorEvent, { type: 'publisher-left' }>,
): void {
  const { bytesIn, seconds, client, child } = event;
  let last = drafts.findLast((one) => one.bytesIn === null && isSamePublisher(one, event, at));
  if (last === undefined) {
    if (drafts.length > 0 || child === null) return;
    last = begun(child, at - 1000 * seconds);
    drafts.push(last);
  }
  last.ended ??= at;
  last.client = client;
  last.bytesIn = bytesIn;
  last.bitrate = seconds > 0 ? Math.round((8 * bytesIn) / seconds) : null;
  last.why = event.reason ?? (isFromChild(last) ? last.why : (WORDS[event.end] ?? event.end));
}

/** A child's own end says more than that of its connections. */
function isFromChild({ why }: Draft): boolean {
  return why?.startsWith('child ') ?? false;
}

function isSamePublisher(
  { child, client, ended }: Draft,
  event: Extract<SupervisorEvent, { type: 'publisher-left' }>,
  at: number,
): boolean {
  const isNow = ended === null || at - ended <= SAME_END_MS;
  const isTheirs = client === null || client === hostOf(event.client);
  return isNow && isTheirs && (event.child === null || event.child === child);
}

/** Returns the address of `ip:port` or `[ip6]:port`. */
function hostOf(client: string): string {
  return client.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
