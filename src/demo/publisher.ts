/**
 * The room `demo/`: publishes our clip through the RTMP port, as any encoder would.
 * May import: config, logging, protocol.
 */

import { readFile } from 'node:fs/promises';
import { setTimeout as delayed } from 'node:timers/promises';
import { formatAddress } from '../config/address.js';
import { messageOf, SupervisorError } from '../errors.js';
import { type Logger, silentLogger } from '../logging/logger.js';
import { FlvTagType } from '../protocol/flv/tag.js';
import { encodeAmf0 } from '../protocol/rtmp/amf0.js';
import { ChunkStream, type RtmpMessage } from '../protocol/rtmp/message.js';
import { type FlvTag, parseFlv } from './flv.js';
import { type Clip, repeat, splitClip } from './loop.js';
import { connectRtmp, type RtmpClient } from './rtmp-client.js';

export interface DemoPublisherOptions {
  readonly host: string;
  readonly port: number;
  readonly app: string;
  readonly stream: string;
  /** An FLV file with H.264 and AAC. */
  readonly clipPath: string;
  /** Milliseconds after which a publication counts as one that lasts; default: 5 s. */
  readonly steadyMs?: number;
  readonly logger?: Logger;
}

/** Milliseconds between writes: short enough for players, long enough to cost nothing. */
const TICK_MS = 50;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** Milliseconds after which a publication counts as one that lasts. */
const STEADY_MS = 5_000;
/** Bytes, over half a minute of the clip: a server that lets so much queue up has hung. */
const MAX_PENDING_BYTES = 1024 * 1024;

const FAILS =
  'demo stream fails, and is tried again: see the log of its child, and the room on the disk of workDir';

const CHUNK_STREAMS: Readonly<Record<number, number>> = {
  [FlvTagType.audio]: ChunkStream.audio,
  [FlvTagType.video]: ChunkStream.video,
  [FlvTagType.script]: ChunkStream.onStatus,
};

/** Publishes a clip in a loop in real time, and reconnects whenever the connection ends. */
export class DemoPublisher {
  readonly #options: DemoPublisherOptions;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #steadyMs: number;
  #running: Promise<void> = Promise.resolve();
  /** The stream fails, and the log has said so. */
  #isInTrouble = false;

  constructor(options: DemoPublisherOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#steadyMs = options.steadyMs ?? STEADY_MS;
  }

  /** Reads the clip and starts publishing in the background. Rejects with ERR_CONFIG if bad. */
  async start(): Promise<void> {
    const clip = await readClip(this.#options.clipPath);
    this.#running = this.#run(clip);
  }

  /** Stops publishing; resolves when the connection is closed. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(clip: Clip): Promise<void> {
    const { signal } = this.#closing;
    for (let delay = FIRST_RETRY_MS; !signal.aborted; ) {
      const lasted = await this.#publish(clip);
      delay = lasted ? FIRST_RETRY_MS : Math.min(delay * 2, LAST_RETRY_MS);
      await delayed(delay, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Runs one connection to its end; returns whether it published for some seconds. */
  async #publish(clip: Clip): Promise<boolean> {
    const { host, port, app, stream } = this.#options;
    const tcUrl = `rtmp://${formatAddress({ host, port })}/${app}`;
    let client: RtmpClient | null = null;
    let steady: NodeJS.Timeout | undefined;
    const began = performance.now();
    try {
      client = await connectRtmp({ host, port, tcUrl, signal: this.#closing.signal });
      const streamId = await client.publish(stream);
      if (!this.#isInTrouble) this.#logger.info({ app, stream }, 'demo stream is live');
      steady = setTimeout(() => this.#lasts(), this.#steadyMs);
      await sendInRealTime(client, streamId, clip);
      const lastedMs = Math.round(performance.now() - began);
      if (lastedMs < this.#steadyMs) this.#fails(`its child closed it after ${lastedMs} ms`);
      return lastedMs >= this.#steadyMs;
    } catch (error) {
      this.#fails(messageOf(error));
      return false;
    } finally {
      clearTimeout(steady);
      client?.close();
    }
  }

  /** Says once that the stream fails; it is tried again all the time. */
  #fails(reason: string): void {
    if (this.#closing.signal.aborted) return;
    if (!this.#isInTrouble) this.#logger.warn({ ...this.#about, reason }, FAILS);
    this.#isInTrouble = true;
  }

  /** Says that the stream lasts again, after trouble. */
  #lasts(): void {
    if (this.#isInTrouble) this.#logger.info(this.#about, 'demo stream is live again');
    this.#isInTrouble = false;
  }

  get #about() {
    const { app, stream } = this.#options;
    return { app, stream };
  }
}

/** Sends frames when they are due, until the connection ends. */
async function sendInRealTime(client: RtmpClient, streamId: number, clip: Clip): Promise<void> {
  for (const header of clip.headers) client.send(toMessage(header, streamId));
  const frames = repeat(clip.frames);
  const started = performance.now();
  let next = frames.next();
  const ticker = setInterval(() => {
    if (client.pending > MAX_PENDING_BYTES) client.close();
    const due = performance.now() - started;
    for (; !next.done && next.value.timestamp <= due; next = frames.next()) {
      client.send(toMessage(next.value, streamId));
    }
  }, TICK_MS);
  await client.closed;
  clearInterval(ticker);
}

function toMessage({ typeId, timestamp, payload }: FlvTag, streamId: number): RtmpMessage {
  const isScript = typeId === FlvTagType.script;
  return {
    csid: CHUNK_STREAMS[typeId] ?? ChunkStream.onStatus,
    timestamp: timestamp >>> 0,
    typeId,
    streamId,
    payload: isScript ? Buffer.concat([encodeAmf0('@setDataFrame'), payload]) : payload,
  };
}

async function readClip(path: string): Promise<Clip> {
  const file = await readFile(path).catch((error: unknown) => {
    throw badClip(path, messageOf(error), { cause: error });
  });
  const parsed = parseFlv(file);
  if (parsed.kind === 'incomplete') throw badClip(path, 'the file is cut off');
  if (parsed.kind === 'invalid') throw badClip(path, parsed.reason);
  const clip = splitClip(parsed.value.tags);
  if (clip.frames.length === 0) throw badClip(path, 'no frames');
  return clip;
}

function badClip(path: string, reason: string, options?: ErrorOptions): SupervisorError {
  const advice = 'give an FLV file with H.264 and AAC';
  return new SupervisorError('ERR_CONFIG', `demo: clip ${path}: ${reason}; ${advice}`, options);
}
