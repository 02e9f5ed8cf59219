import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { within } from '../within.js';

/** Most clients that are being told at a time; a further one takes the place of the oldest. */
const MOST = 16;
/** Milliseconds that a client has to read the answer. */
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

/** Answers clients that a limit refuses, whatever they request. */
export class TurnAway {
  readonly #lingering = new Set<Socket>();

  /** Answers a client and closes the connection. */
  readonly answer = (client: Socket): void => {
    if (client.destroyed) return;
    const [oldest] = this.#lingering.size >= MOST ? this.#lingering : [];
    oldest?.destroy();
    if (oldest !== undefined) this.#lingering.delete(oldest);
    this.#lingering.add(client);
    // Closing before the request is read would reset the connection, and the answer would be lost.
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    const gone = within(LINGER_MS, () => client.destroy(), closed);
    void gone.then(() => this.#lingering.delete(client));
    client.once('end', () => client.destroy());
    client.end(ANSWER);
    client.resume();
  };
}
