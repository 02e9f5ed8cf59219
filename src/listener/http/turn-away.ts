import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { within } from '../within.js';

/** Clients that may read at a time why they cannot come in: the next one takes the oldest's place. */
const MOST = 16;
/** How long they have for it. */
const LINGER_MS = 1000;
const RETRY_SECONDS = 1;

const TEXT = 'Service Unavailable: too many connections\n';
const ANSWER = [
  `HTTP/1.1 503 ${STATUS_CODES[503]}`,
  `Retry-After: ${RETRY_SECONDS}`,
  'Connection: close',
  'Content-Type: text/plain; charset=utf-8',
  `Content-Length: ${TEXT.length}`,
  '',
  TEXT,
].join('\r\n');

/** Answers clients that a limit keeps out, whatever they ask for or are about to. */
export class TurnAway {
  readonly #lingering = new Set<Socket>();

  /** Closes the connection. */
  readonly answer = (client: Socket): void => {
    if (client.destroyed) return;
    const [oldest] = this.#lingering.size >= MOST ? this.#lingering : [];
    oldest?.destroy();
    if (oldest !== undefined) this.#lingering.delete(oldest);
    this.#lingering.add(client);
    // To close before its request is read would be a reset, and take the answer from it.
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const gone = within(LINGER_MS, () => client.destroy(), closed);
    void gone.then(() => this.#lingering.delete(client));
    client.once('end', () => client.destroy());
    client.end(ANSWER);
    client.resume();
  };
}
