import type { BoxHead } from '../../src/console/answer.js';
import { nameOf, type StreamKey } from '../../src/stream-key.js';
import { make, makeButton } from './elements.js';

const DEFAULT_VHOST = '__defaultVhost__';

/** Page of each way to play -> its name. */
const WAYS = { flv: 'Play HTTP-FLV', hls: 'Play HLS', whep: 'Play WebRTC' } as const;

/** Plays a stream in its player page, in a frame of the console. */
export class Player {
  readonly element = make('section', { className: 'player' });
  readonly #key: string;
  readonly #buttons = make('div', { className: 'buttons' });
  readonly #place = make('div');
  /** Address of the pages' port, as shown last. */
  #shown = '';

  constructor(key: string) {
    this.#key = key;
    this.element.append(this.#buttons, this.#place);
  }

  /** Offers the player pages, which are at the HTTP port. */
  show(players: BoxHead['players']): void {
    const base = players === null ? '' : `${players.scheme}://${location.hostname}:${players.port}`;
    if (base === this.#shown) return;
    this.#shown = base;
    const ways = base === '' ? [] : Object.entries(WAYS);
    const buttons = ways.map(([page, words]) =>
      makeButton(words, () => this.#play(`${base}/players/${page}.html`, words)),
    );
    this.#buttons.replaceChildren(...buttons);
  }

  #play(page: string, title: string): void {
    const { vhost, app, stream } = nameOf(this.#key as StreamKey);
    const query = new URLSearchParams({ app, stream, autostart: 'true' });
    if (vhost !== DEFAULT_VHOST) query.set('vhost', vhost);
    const src = `${page}?${query}`;
    const frame = make('iframe', { src, title, allow: 'autoplay; fullscreen' });
    frame.setAttribute('sandbox', 'allow-scripts allow-same-origin');
    const away = make('a', { href: src, target: '_blank', rel: 'noopener' }, 'In its own tab');
    const close = makeButton('Stop', () => this.#place.replaceChildren());
    const buttons = make('div', { className: 'buttons' }, close, away);
    this.#place.replaceChildren(frame, buttons);
  }
}
