import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseFlv } from '../../src/demo/flv.js';
import { FlvTagType } from '../../src/protocol/flv/tag.js';
import { PlayingClient } from './playing-client.js';
import { until } from './until.js';

/** An audio or video message: its type and the hash of its bytes. */
export type Fingerprint = string;

const TIMEOUT_MS = 60_000;

/** Connects to `rtmp://host:port/app/stream?query`; returns the connection and `stream?query`. */
export async function connectTo(
  url: string,
  onMessage: (message: { typeId: number; payload: Buffer }) => void = () => {},
): Promise<{ client: PlayingClient; stream: string }> {
  const { hostname: host, port, pathname, search } = new URL(url);
  const [, app = '', stream = ''] = pathname.split('/');
  const tcUrl = `rtmp://${host}:${port}/${app}`;
  const at = { host, port: Number(port), tcUrl, timeoutMs: TIMEOUT_MS };
  return { client: await PlayingClient.connect({ ...at, onMessage }), stream: stream + search };
}

/** A player that decodes nothing and keeps the fingerprint of every message. */
export class RtmpPlayer {
  /** In order of arrival. */
  readonly received: readonly Fingerprint[];
  hasEnded = false;
  /** Resolves when either side has closed the connection. */
  readonly ended: Promise<void>;
  readonly #client: PlayingClient;

  private constructor(client: PlayingClient, received: readonly Fingerprint[]) {
    this.#client = client;
    this.received = received;
    this.ended = client.closed.then(() => {
      this.hasEnded = true;
    });
  }

  /** Resolves when the server has accepted; media may come much later. */
  static async play(url: string): Promise<RtmpPlayer> {
    const received: Fingerprint[] = [];
    const { client, stream } = await connectTo(url, ({ typeId, payload }) => {
      if (isMedia(typeId)) received.push(fingerprint(typeId, payload));
    });
    await client.play(stream).catch((error: unknown) => {
      client.close();
      throw error;
    });
    return new RtmpPlayer(client, received);
  }

  /** Address of our end, as the server sees it. */
  get address(): string {
    const { address, port } = this.#client.local;
    return `${address}:${port}`;
  }

  async close(): Promise<void> {
    this.#client.close();
    await this.ended;
  }
}

/** Resolves when a player has got so many more messages. */
export function moreFor(player: RtmpPlayer, messages = 50): Promise<boolean> {
  const had = player.received.length;
  return until('more media', () => player.received.length > had + messages);
}

/** Returns the fingerprints of an FLV file's tags, in order. */
export async function fingerprintsOf(path: string): Promise<Fingerprint[]> {
  const parsed = parseFlv(await readFile(path));
  if (parsed.kind !== 'value') throw new Error(`${path}: ${parsed.kind}`);
  return parsed.value.tags
    .filter(({ typeId }) => isMedia(typeId))
    .map(({ typeId, payload }) => fingerprint(typeId, payload));
}

/** Reports whether messages of that type are audio or video. */
export function isMedia(typeId: number): boolean {
  return typeId === FlvTagType.audio || typeId === FlvTagType.video;
}

export function fingerprint(typeId: number, payload: Buffer): Fingerprint {
  const hash = createHash('sha1').update(payload).digest('hex');
  return `${typeId} ${payload.length} ${hash}`;
}
