import { type MediaPlaylist, parsePlaylist } from '../../src/protocol/hls/playlist.js';
import { until } from './until.js';

/** A viewer that goes by the addresses it is told, as players do. */
export class HlsViewer {
  /** The media playlist's address, with the viewer's session. */
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

  /** What it is shown. Throws for anything but a media playlist. */
  async list(): Promise<MediaPlaylist> {
    const response = await this.poll();
    const text = await response.text();
    const list = parsePlaylist(text);
    if (!response.ok || list.kind !== 'value') throw new Error(`${response.status}: ${text}`);
    return list.value;
  }

  segment(uri: string): Promise<Response> {
    return fetch(new URL(uri, this.url), { headers: this.#headers });
  }
}
