/**
 * The room `events/`: what happens to the box, its children and its streams, as typed values.
 * May import: no other room.
 */

import { z } from 'zod';

const text = z.string();
const count = z.number();
const child = text.describe('id of a child, such as c003, or of a registered origin');
const generation = count.describe('number of the life of the child');
const stream = text.describe('vhost/app/stream');
const client = text.describe('ip:port of the client; the ip alone where the port is not known');

/** Declares one type of event and its fields. */
function event<T extends string, S extends z.core.$ZodLooseShape>(
  type: T,
  about: string,
  shape: S,
) {
  return z.object({ type: z.literal(type), ...shape }).describe(about);
}

/** Events about the box, its children and what they need; clients alone cannot cause many. */
const BOX_EVENTS = [
  event('box', 'the supervisor serves, drains or ends', {
    state: z.enum(['serving', 'draining', 'stopping']),
  }),
  event('child-up', 'a child is ready', { child, generation, pid: count.nullable() }),
  event('child-down', 'a child has ended: its clients are closed', {
    child,
    generation,
    reason: text,
    streams: count.describe('streams that were published in it'),
    names: z.array(text).readonly().describe('the first of these'),
  }),
  event('child-restart', 'a child that has died will start again', {
    child,
    reason: text,
    waitMs: count.describe('milliseconds until then'),
  }),
  event('child-broken', 'a child is not started again until undrain or restart', {
    child,
    why: text,
  }),
  event('child-drained', 'a child gets no new streams', { child, generation, why: text }),
  event('child-undrained', 'a drained child gets new streams again', { child, generation }),
  event('child-busy', 'a child does not answer because it is busy: it is left alone', {
    child,
    why: text,
  }),
  event('child-hung', 'a child is hung', {
    child,
    why: text,
    replaced: z.boolean().describe('false: too many are being replaced, so it stays'),
  }),
  event('child-answers', 'a child that was busy or hung answers again', {
    child,
    silentMs: count,
  }),
  event('child-ejected', 'a child serves worse than others and gets no new streams', {
    child,
    generation,
    why: text,
    seconds: count.describe('how long, at most'),
  }),
  event('child-readmitted', 'an ejected child gets new streams again', { child }),
  event('child-recycled', 'a child is drained and replaced, as children.recycle says', {
    child,
    why: text,
  }),
  event('kick', 'an operator has closed clients', {
    by: z.enum(['client', 'stream', 'ip']),
    name: text,
    clients: count,
    streams: z.array(text).readonly().describe('streams of these clients, the first ones'),
  }),
  event('registry-away', 'the registry does not answer', { reason: text }),
  event('registry-back', 'the registry answers again', {}),
  event('relay-thread', 'a relay thread has died and is replaced', {
    thread: count.describe('index of the thread'),
    reason: text,
  }),
  event('reload', 'a reload is over', {
    keys: z.array(text).readonly().describe('keys that apply now'),
    refused: z.array(text).readonly().describe('keys that keep their old value'),
    error: text.nullable(),
  }),
  event('upgrade', 'another program has taken the place of this one, in its process', {
    from: text.nullable().describe('its version'),
    to: text.nullable(),
    pauseMs: count.nullable().describe('milliseconds for which media stood still'),
    kept: count.describe('connections that live on'),
    cut: z.record(text, count).describe('connections that were closed, by port'),
    error: text.nullable().describe('why it failed, and the program before goes on'),
  }),
  event('job', 'a job on children has begun or ended', {
    job: text.describe('the command that it carries out'),
    state: z.enum(['running', 'done', 'failed', 'stopped']),
    done: count,
    of: count,
    error: text.nullable(),
  }),
] as const;

/** Events that clients cause, without end if they want. */
const CLIENT_EVENTS = [
  event('publish', 'a stream is published', { stream, child, client: client.optional() }),
  event('unpublish', 'a stream has no publisher any more', {
    stream,
    child,
    players: count.optional().describe('players at that time, without those of HLS'),
  }),
  event('takeover', 'a stream has another owner: its clients in the old child are closed', {
    stream,
    child: child.describe('the old owner'),
    box: text.optional(),
  }),
  event('publisher-replaced', 'a publisher gives way to another one, by publish.takeover', {
    stream,
    child: child.nullable(),
    client: client.nullable().describe('of the one that is closed; null: only its child knows it'),
    by: text.describe('IP address of the other one'),
    why: text,
  }),
  event('backup-waiting', 'a second publisher of a stream waits as its backup', {
    stream,
    client,
  }),
  event('backup-active', 'a backup becomes the publisher of its stream', { stream, client }),
  event('publisher-left', 'the connection of a publisher has ended', {
    stream,
    child: child.nullable(),
    client,
    id: text.describe('id of the connection'),
    bytesIn: count.describe('bytes from the publisher'),
    seconds: count,
    end: text.describe('which side ended it: client, child, idle, …'),
    reason: text.optional().describe('why, if the supervisor has ended it'),
  }),
  event('refused', 'a client is not served', {
    what: text.describe('the line of the log'),
    failure: text.optional().describe('kind of the reason'),
    limit: text.optional().describe('the limit that is reached'),
    reason: text.optional(),
    client: client.optional(),
    stream: stream.optional(),
    child: child.optional(),
    withheld: count.optional().describe('refusals of that kind since the last event about them'),
  }),
  event('hook-failed', 'a URL of the hooks does not answer as it should', {
    action: text,
    url: text,
    reason: text,
    withheld: count.optional().describe('failures since the last event about them'),
  }),
] as const;

const CLIENT_TYPES: ReadonlySet<string> = new Set(
  CLIENT_EVENTS.map(({ shape }) => shape.type.value),
);

/** One thing that has happened. */
const EVENT = z.discriminatedUnion('type', [...BOX_EVENTS, ...CLIENT_EVENTS]).meta({ id: 'Event' });
export type SupervisorEvent = z.infer<typeof EVENT>;

/** An event with its place in the order of events. */
export const EVENT_ENTRY = z
  .object({
    id: text.describe('place in the order of events; ids of another run begin with another word'),
    at: count.describe('milliseconds since 1970'),
    event: EVENT,
  })
  .meta({ id: 'EventEntry' });
export type EventEntry = z.infer<typeof EVENT_ENTRY>;

/** Returns whether clients can cause events of that type without end. */
export function isByClients({ type }: SupervisorEvent): boolean {
  return CLIENT_TYPES.has(type);
}
