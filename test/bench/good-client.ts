import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openingBytes } from '../helpers/rtmp-bytes.js';
import { flvOpening } from './players.js';

export interface Places {
  readonly rtmp: number;
  readonly http: number;
  readonly api: number;
  /** Of `live`. */
  readonly stream: string;
}

/** One try: its beginning and its length, in milliseconds. A failed one has the length Infinity. */
interface Sample {
  readonly at: number;
  readonly ms: number;
}

/** Requests of the client: an RTMP set-up, a GET of the API; and the gaps in FLV. */
export type Kind = 'rtmp' | 'api' | 'flv';

const HOST = '127.0.0.1';
const EVERY_MS = 50;
const LIMIT_MS = 15_000;
/** Bytes of the handshake and of our own answers (3670), and some: the child has answered. */
const ANSWERED = 3750;

/** A client that does nothing wrong: how long it waits for what it asks, all the time. */
export class GoodClient {
  readonly #samples: Record<Kind, Sample[]> = { rtmp: [], api: [], flv: [] };
  readonly #places: Places;
  readonly #stop = new AbortController();
  #heardAt = 0;

  constructor(places: Places) {
    this.#places = places;
    this.#watchFlv();
    void this.#ask();
  }

  /** Milliseconds, ascending, of tries that began within a time by performance.now(). */
  times(kind: Kind, from: number, to: number): number[] {
    const inTime = this.#samples[kind].filter(({ at }) => at >= from && at < to);
    return inTime.map(({ ms }) => ms).sort((one, other) => one - other);
  }

  /** Resolves when what was begun has ended. */
  async close(): Promise<void> {
    this.#stop.abort();
    await delay(2 * EVERY_MS);
  }

  async #ask(): Promise<void> {
    const { rtmp, api, stream } = this.#places;
    const get = Buffer.from(
      `GET /api/v1/versions HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\r\n`,
    );
    while (!this.#stop.signal.aborted) {
      void this.#time('rtmp', rtmp, openingBytes(rtmp, stream), (bytes) => bytes >= ANSWERED);
      void this.#time('api', api, get, (bytes) => bytes > 0);
      await delay(EVERY_MS);
    }
  }

  /** Asks by a connection of its own. */
  #time(kind: Kind, port: number, bytes: Buffer, isAnswered: (received: number) => boolean): void {
    const at = performance.now();
    const socket = connect({ host: HOST, port, noDelay: true });
    let ms = Number.POSITIVE_INFINITY;
    socket.on('error', () => {}).setTimeout(LIMIT_MS, () => socket.destroy());
    socket.write(bytes);
    socket.on('data', () => {
      if (!isAnswered(socket.bytesRead)) return;
      ms = performance.now() - at;
      socket.destroy();
    });
    socket.once('close', () => this.#samples[kind].push({ at, ms }));
  }

  /**
   * Times are those between one piece of media and the next. A player that is ended comes again.
   */
  #watchFlv(): void {
    const { http, stream } = this.#places;
    const socket = connect({ host: HOST, port: http, noDelay: true });
    socket.on('error', () => {});
    socket.write(flvOpening(http, stream));
    socket.on('data', () => this.#hear());
    socket.once('close', () => {
      if (!this.#stop.signal.aborted) setTimeout(() => this.#watchFlv(), EVERY_MS);
    });
    this.#stop.signal.addEventListener('abort', () => socket.destroy(), { once: true });
  }

  #hear(): void {
    const now = performance.now();
    if (this.#heardAt > 0) this.#samples.flv.push({ at: now, ms: now - this.#heardAt });
    this.#heardAt = now;
  }
}
