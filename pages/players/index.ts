import { type Ask, mediaUrl, type Ports, printAsk, withStream } from './ask.js';
import { make } from './dom.js';
import { addHeader, askOfPage, PAGES, readPorts } from './frame.js';

const LOOK_EVERY_MS = 5000;

/** The first page: which stream, whether somebody publishes it, and ways to play it. */
class Index {
  readonly #header = addHeader('index.html');
  readonly #field = make('input', { id: 'stream', spellcheck: false, autocapitalize: 'none' });
  readonly #live = make('output', { id: 'live' });
  readonly #publish = make('code');
  readonly #cards = Object.entries(PAGES).map(([file, [name, does]]) => {
    const title = make('strong', { textContent: name });
    return { file, link: make('a', { className: 'card' }, title, make('span', {}, does)) };
  });
  #ask = askOfPage();
  #ports: Ports | null = null;

  constructor() {
    this.#field.value = `${this.#ask.app}/${this.#ask.stream}`;
    const label = make('label', { htmlFor: 'stream', textContent: 'Stream' });
    const form = make('form', {}, label, this.#field, this.#live);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#cards[0]?.link.click();
    });
    this.#field.addEventListener('input', () => this.#take());
    const cards = make('div', { className: 'cards' }, ...this.#cards.map(({ link }) => link));
    const publish = make('p', { className: 'hint' }, 'Publish by ffmpeg: ', this.#publish);
    (document.querySelector('main') ?? document.body).append(form, cards, publish);
    this.#show();
    setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  async start(): Promise<void> {
    this.#ports = await readPorts().catch(() => null);
    this.#show();
    await this.#look();
  }

  #take(): void {
    this.#ask = withStream(this.#ask, this.#field.value) ?? this.#ask;
    history.replaceState(null, '', printAsk({ ...this.#ask, autostart: false }));
    this.#show();
    void this.#look();
  }

  #show(): void {
    const { app, stream } = this.#ask;
    this.#header.show(this.#ask);
    for (const { file, link } of this.#cards) {
      link.href = file + printAsk({ ...this.#ask, autostart: file !== 'whip.html' });
    }
    const server = `${location.hostname}:${this.#ports?.rtmp ?? 1935}`;
    this.#publish.textContent = `ffmpeg -re -i FILE -c copy -f flv rtmp://${server}/${app}/${stream}`;
  }

  /** A HEAD of a live stream says at once whether there is one. */
  async #look(): Promise<void> {
    const ask = this.#ask;
    const live = await isLive(ask).catch((error: Error) => error);
    if (ask !== this.#ask) return;
    const words = live ? 'live now' : 'nobody publishes it now';
    this.#live.textContent = live instanceof Error ? live.message : words;
    this.#live.dataset.live = String(live === true);
  }
}

async function isLive(ask: Ask): Promise<boolean> {
  const url = mediaUrl(ask, new URL(location.href), '.flv');
  const response = await fetch(url, { method: 'HEAD' }).catch(() => null);
  if (response === null) throw new Error('the server does not answer');
  return response.ok;
}

void new Index().start();
