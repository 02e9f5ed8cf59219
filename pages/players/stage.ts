import { type Ask, type Ports, printAsk, withStream } from './ask.js';
import { make } from './dom.js';
import { type Facts, makeFacts } from './facts.js';
import { addHeader, askOfPage, readPorts } from './frame.js';
import { isLive, listLive } from './live.js';
import { Meter, NO_RATES } from './meter.js';
import { limitsOf } from './words.js';

const MISSING = 'nobody publishes this stream now: waiting';

/** How a player says what becomes of it. */
export interface Tell {
  /** Media flows. */
  readonly running: () => void;
  /** It should, and does not. */
  readonly waiting: (words?: string) => void;
  readonly ended: (words: string) => void;
  readonly failed: (words: string) => void;
}

/** One stream that is being played or published. */
export interface Session {
  /** Bits per second; null: nobody knows yet. */
  bitrate(): number | null | Promise<number | null>;
  stop(): void;
}

type Start = (video: HTMLVideoElement, url: string, tell: Tell, ports: Ports) => Promise<Session>;

/** What sets a page apart from the others. */
export interface Player {
  readonly file: string;
  readonly verb: 'Play' | 'Publish';
  readonly running: string;
  /** @throws Error in words. */
  readonly urlOf: (ask: Ask, here: URL, ports: Ports) => string;
  /** @throws Error in words. */
  readonly start: Start;
}

/** Fills a page: a field for the stream, the picture, and what is known about both. */
export class Stage {
  readonly #player: Player;
  readonly #video = make('video', { muted: true, autoplay: true, playsInline: true });
  readonly #field = make('input', { id: 'stream', required: true, spellcheck: false });
  readonly #live = make('datalist', { id: 'live-streams' });
  readonly #button = make('button', { type: 'submit' });
  readonly #alert = make('p', { id: 'error', role: 'alert', hidden: true });
  readonly #limits = make('p', { id: 'limits', className: 'hint', hidden: true });
  readonly #facts: Facts = makeFacts();
  readonly #header: ReturnType<typeof addHeader>;
  #ask = askOfPage();
  #session: Session | null = null;
  #meter: Meter | null = null;
  /** Which start it is whose news counts; 0: none. */
  #turn = 0;
  #turns = 0;
  /** Nobody published the stream when it was asked for. */
  #isMissing = false;

  constructor(player: Player) {
    this.#player = player;
    this.#header = addHeader(player.file);
    this.#header.show(this.#ask);
    this.#field.value = `${this.#ask.app}/${this.#ask.stream}`;
    this.#field.autocapitalize = 'none';
    this.#video.controls = true;
    this.#build();
    this.#idle('ready');
    addEventListener('pagehide', () => this.#end('stopped'));
    // Nobody is to be on air by a link.
    if (this.#ask.autostart && player.verb === 'Play') void this.#start();
  }

  #build(): void {
    const label = make('label', { htmlFor: 'stream', textContent: 'Stream' });
    this.#field.setAttribute('list', this.#live.id);
    const form = make('form', {}, label, this.#field, this.#live, this.#button);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#turn !== 0) this.#end('stopped');
      else void this.#start();
    });
    const main = document.querySelector('main') ?? document.body;
    main.append(this.#limits, form, this.#alert, this.#video, this.#facts.list);
    void readPorts().then(
      (ports) => {
        this.#showLimits(ports);
        // A publisher needs a name that is free.
        if (this.#player.verb === 'Play') void this.#offer(ports);
      },
      () => {},
    );
  }

  /** Offers the names of live streams below the field. */
  async #offer(ports: Ports): Promise<void> {
    const streams = (await listLive(this.#ask, ports)) ?? [];
    const names = streams.filter(({ vhost }) => vhost === this.#ask.vhost);
    const options = names.map(({ app, stream }) => make('option', { value: `${app}/${stream}` }));
    this.#live.replaceChildren(...options);
  }

  /** What this server cannot do is said before anybody tries. */
  #showLimits(ports: Ports): void {
    const text = limitsOf(this.#player.file, ports);
    this.#limits.textContent = text;
    this.#limits.hidden = text === '';
  }

  async #start(): Promise<void> {
    const ask = withStream(this.#ask, this.#field.value);
    if (ask === null) return this.#field.focus();
    this.#turns += 1;
    const turn = this.#turns;
    this.#turn = turn;
    this.#take(ask);
    try {
      const ports = await readPorts();
      const url = this.#player.urlOf(ask, new URL(location.href), ports);
      if (this.#player.verb === 'Play') void this.#look(ask, turn);
      this.#facts.set({ address: url });
      const session = await this.#player.start(this.#video, url, this.#tell(turn), ports);
      if (this.#turn === turn) this.#follow(session);
      else session.stop();
    } catch (error) {
      this.#tell(turn).failed(error instanceof Error ? error.message : String(error));
    }
  }

  /** A stream that is not there is told of at once: some protocols would say nothing for long. */
  async #look(ask: Ask, turn: number): Promise<void> {
    if (await isLive(ask).catch(() => true)) return;
    const isStill = this.#turn === turn && this.#video.readyState === HTMLMediaElement.HAVE_NOTHING;
    if (!isStill) return;
    this.#isMissing = true;
    this.#facts.set({ state: MISSING });
  }

  /** Shows that it begins, in the address too, so that it can be handed on. */
  #take(ask: Ask): void {
    this.#ask = ask;
    this.#isMissing = false;
    this.#header.show(ask);
    history.replaceState(null, '', printAsk(ask));
    this.#alert.hidden = true;
    this.#button.textContent = 'Stop';
    this.#field.readOnly = true;
    this.#facts.clear();
    this.#facts.set({ playing: `${ask.app}/${ask.stream}`, state: 'connecting' });
  }

  #follow(session: Session): void {
    this.#session = session;
    this.#meter = new Meter(this.#video, session, (rates) => this.#facts.set(rates));
  }

  #tell(turn: number): Tell {
    const ifMine = (act: (words: string) => void) => (words: string) => {
      if (this.#turn === turn) act(words);
    };
    const show = ifMine((state) => this.#facts.set({ state }));
    return {
      running: () => show(this.#player.running),
      waiting: (words = this.#isMissing ? MISSING : 'waiting for media') => show(words),
      ended: ifMine((words) => this.#end(words)),
      failed: ifMine((words) => {
        this.#end('failed');
        this.#alert.textContent = words;
        this.#alert.hidden = false;
      }),
    };
  }

  #end(state: string): void {
    this.#turn = 0;
    this.#meter?.stop();
    this.#session?.stop();
    this.#session = null;
    this.#idle(state);
  }

  #idle(state: string): void {
    this.#facts.set({ ...NO_RATES, state });
    this.#button.textContent = this.#player.verb;
    this.#field.readOnly = false;
  }
}
