import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { adminRead } from '../admin/answers.js';
import { type AdminPort, adminOpen } from '../admin/client.js';
import type { EventEntry } from '../events/event.js';
import { eventText } from './event-text.js';
import type { Output } from './output.js';

/** The events that are meant, as the command line has it. */
export interface EventsOrder {
  readonly stream?: string | undefined;
  readonly child?: string | undefined;
  /** Number of last events, as text; default: 20. */
  readonly lines?: string | undefined;
  /** Go on with those that come, until the user does not want to wait any more. */
  readonly follow: boolean;
}

export interface EventsOptions {
  readonly port: AdminPort;
  readonly stdout: Output & { drain(): Promise<Error | null> };
  /** One JSON object for each event and line. */
  readonly json: boolean;
  readonly interrupted: AbortSignal;
}

const DEFAULT_LINES = '20';
/** Milliseconds before a lost connection is opened again, and the number of attempts. */
const AGAIN_MS = 1000;
const ATTEMPTS = 10;

/**
 * Prints the events of a running supervisor, oldest first. With `follow` it continues where it was
 * after a lost connection. @throws ERR_ADMIN
 */
export async function showEvents(order: EventsOrder, options: EventsOptions): Promise<void> {
  const { port } = options;
  const query = queryOf(order);
  if (order.follow) await new Follower(`/admin/v1/events?${query}`, options).run();
  else await print(await adminRead(port, 'events', query), options);
}

function queryOf({ stream, child, lines = DEFAULT_LINES }: EventsOrder): URLSearchParams {
  const given = Object.entries({ stream, child, last: lines });
  const present = given.filter((pair): pair is [string, string] => pair[1] !== undefined);
  return new URLSearchParams(present);
}

/** Prints events as they come. */
class Follower {
  readonly #path: string;
  readonly #options: EventsOptions;
  /** Id of the last event; null: none has come yet. */
  #id: string | null = null;
  #isConnected = false;

  constructor(path: string, options: EventsOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Resolves when the user is satisfied or nobody takes the lines any more. @throws ERR_ADMIN */
  async run(): Promise<void> {
    const { interrupted } = this.#options;
    for (let failures = 0; !interrupted.aborted; failures += 1) {
      try {
        if (await this.#follow()) return;
        failures = 0;
      } catch (error) {
        if (interrupted.aborted) return;
        if (!this.#isConnected || failures >= ATTEMPTS) throw error;
      }
      await delay(AGAIN_MS, undefined, { signal: interrupted }).catch(() => {});
    }
  }

  /** Prints what one connection brings; true: nobody takes it. */
  async #follow(): Promise<boolean> {
    const { port, interrupted } = this.#options;
    const id = this.#id === null ? {} : { 'last-event-id': this.#id };
    const headers = { accept: 'text/event-stream', ...id };
    const response = await adminOpen(port, this.#path, headers, interrupted);
    this.#isConnected = true;
    // What the connection breaks with is told by the next attempt.
    response.on('error', () => {});
    try {
      return await this.#print(response);
    } finally {
      response.destroy();
    }
  }

  async #print(response: IncomingMessage): Promise<boolean> {
    for await (const line of createInterface({ input: response })) {
      const [name, value] = fieldOf(line);
      if (name === 'id') this.#id = value;
      if (name === 'event' && value === 'lost') await lost(this.#options);
      if (name !== 'data' || value === '{}') continue;
      if (!(await print([JSON.parse(value) as EventEntry], this.#options))) return true;
    }
    return false;
  }
}

/** Returns name and value of a line such as `data: {}`. */
function fieldOf(line: string): [string, string] {
  const [name = ''] = line.split(':', 1);
  return [name, line.slice(name.length + 1).trimStart()];
}

/** Tells that events are missing here. */
async function lost({ stdout, json }: EventsOptions): Promise<void> {
  const text = 'events were missed here: they are not kept any more';
  stdout.write(json ? `${JSON.stringify({ lost: text })}\n` : `(${text})\n`);
}

/** Returns false if nobody takes the lines any more. */
async function print(
  entries: readonly EventEntry[],
  { stdout, json }: EventsOptions,
): Promise<boolean> {
  if (entries.length === 0) return true;
  const lines = entries.map((entry) => (json ? JSON.stringify(entry) : eventText(entry)));
  stdout.write(`${lines.join('\n')}\n`);
  return (await stdout.drain()) === null;
}
