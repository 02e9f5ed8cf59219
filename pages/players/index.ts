import { type Ports, printAsk, withStream } from './ask.js';
import { make } from './dom.js';
import { addHeader, askOfPage, PAGES, readPorts } from './frame.js';
import { isLive, type LiveStream, listLive } from './live.js';
import { limitsOf } from './words.js';

const LOOK_EVERY_MS = 5000;

/** The first page: which stream, whether somebody publishes it, and ways to play it. */
class Index {
  readonly #header = addHeader('index.html');
  readonly #field = make('input', { id: 'stream', spellcheck: false, autocapitalize: 'none' });
  readonly #live = make('output', { id: 'live' });
  readonly #publish = make('code');
  readonly #streams = make('ul', { id: 'streams' });
  readonly #limits = make('p', { id: 'limits', className: 'hint', hidden: true });
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
    const main = document.querySelector('main') ?? document.body;
    const heading = make('h2', { textContent: 'Live now' });
    main.append(form, cards, this.#limits, heading, this.#streams, publish);
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
    // A name that is taken would be refused.
    const name = this.#live.dataset.live === 'true' ? `${stream}-2` : stream;
    this.#publish.textContent = `ffmpeg -re -i FILE -c copy -f flv rtmp://${server}/${app}/${name}`;
    const limits = limitsOf('index.html', this.#ports);
    this.#limits.textContent = limits;
    this.#limits.hidden = limits === '';
  }

  async #look(): Promise<void> {
    const ask = this.#ask;
    const live = await isLive(ask).catch((error: Error) => error);
    if (ask !== this.#ask) return;
    const words = live ? 'live now' : 'nobody publishes it now';
    this.#live.textContent = live instanceof Error ? live.message : words;
    this.#live.dataset.live = String(live === true);
    this.#list(this.#ports && (await listLive(ask, this.#ports)));
    this.#show();
  }

  /** Null: the API does not say. */
  #list(streams: readonly LiveStream[] | null): void {
    const none = streams === null ? 'the API does not tell this page' : 'no stream yet';
    const rows = streams?.map((row) => make('li', {}, this.#linkTo(row), ` ${viewers(row)}`)) ?? [];
    this.#streams.replaceChildren(...(rows.length > 0 ? rows : [make('li', {}, none)]));
  }

  #linkTo({ app, stream, vhost }: LiveStream): HTMLElement {
    const query = printAsk({ ...this.#ask, app, stream, vhost, autostart: false });
    const name = vhost === null ? `${app}/${stream}` : `${app}/${stream} (${vhost})`;
    return make('a', { href: query, textContent: name });
  }
}

/** The publisher is one of SRS's clients. */
function viewers({ clients }: LiveStream): string {
  const count = Math.max(0, clients - 1);
  return count === 1 ? '1 viewer' : `${count} viewers`;
}

void new Index().start();
