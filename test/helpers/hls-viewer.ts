import assert from 'node:assert/strict';
import { type MediaPlaylist, parsePlaylist } from '../../src/protocol/hls/playlist.js';
import { until } from './until.js';

/** First byte of each MPEG-TS packet. */
const SYNC_BYTE = 0x47;

/** A viewer that follows the URLs of its playlists, as players do. */
export class HlsViewer {
  /** URL of the media playlist, with the viewer's session. */
  readonly url: string;
  readonly #headers: Record<string, string>;

  private constructor(url: string, headers: Record<string, string>) {
    this.url = url;
    this.#headers = headers;
  }

  static async join(url: string, headers: Record<string, string> = {}): Promise<HlsViewer> {
    const found = await until(`a playlist at ${url}`, async () => {
      const response = await fetch(url, { headers });
      const text = await response.text();
      return response.ok ? /^[^#\n].*/m.exec(text)?.[0] : null;
    });
    return new HlsViewer(new URL(found, url).href, headers);
  }

  get session(): string {
    return new URL(this.url).searchParams.get('hls_ctx') ?? '';
  }

  poll(): Promise<Response> {
    return fetch(this.url, { headers: this.#headers });
  }

  /** Returns the present playlist. Throws for anything but a media playlist. */
  async list(): Promise<MediaPlaylist> {
    const response = await this.poll();
    const text = await response.text();
    const list = parsePlaylist(text);
    if (!response.ok || list.kind !== 'value') throw new Error(`${response.status}: ${text}`);
    return list.value;
  }

  /** Returns the playlist once it has so many segments. */
  whenListed(count: number): Promise<MediaPlaylist> {
    return until(`${count} segments`, async () => {
      const list = await this.list().catch(() => null);
      return list !== null && list.segments.length >= count && list;
    });
  }

  segment(uri: string): Promise<Response> {
    return fetch(new URL(uri, this.url), { headers: this.#headers });
  }
}

/** Resolves when the playlist has a second segment and its first one is MPEG-TS. */
export async function assertPlaysHls(url: string): Promise<void> {
  const viewer = await HlsViewer.join(url);
  const { segments } = await viewer.whenListed(2);
  const segment = await viewer.segment(segments[0]?.uri ?? '');
  assert.equal(segment.status, 200);
  assert.equal(Buffer.from(await segment.arrayBuffer())[0], SYNC_BYTE);
}
