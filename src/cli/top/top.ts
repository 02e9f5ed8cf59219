import { once } from 'node:events';
import type { ReadStream, WriteStream } from 'node:tty';
import { adminRead } from '../../admin/answers.js';
import { type AdminPort, adminAsk } from '../../admin/client.js';
import { messageOf, SupervisorError } from '../../errors.js';
import { questionOf } from '../operate.js';
import { type Rate, rateBetween, type Snapshot } from './rates.js';
import { rowsOf, type View } from './rows.js';
import { Screen } from './screen.js';
import { FIRST_STATE, type Key, type Outcome, pressed, type TopState } from './state.js';
import { type Picture, pageOf, picture } from './view.js';

const MIN_SECONDS = 0.2;
const MAX_SECONDS = 3600;

export interface TopOptions {
  readonly port: AdminPort;
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly hasColours: boolean;
  /** Seconds between two looks at the supervisor. */
  readonly seconds: number;
  /** Aborts when a signal ends the program. */
  readonly interrupted: AbortSignal;
}

/**
 * Shows a running supervisor on the whole terminal until the user quits. Throws ERR_USAGE without
 * a terminal, and ERR_ADMIN if the supervisor does not answer at the start.
 */
export async function top(options: TopOptions): Promise<void> {
  const { input, output } = options;
  if (!input.isTTY || !output.isTTY) {
    const mend = 'srs-supervisor status, children and streams print text, with --json JSON';
    throw new SupervisorError('ERR_USAGE', `top: it needs a terminal; ${mend}`);
  }
  const first = await look(options.port, FIRST_STATE.view);
  await new Top(options, first).run();
}

/** Reads the seconds between two looks. @throws ERR_USAGE */
export function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) return seconds;
  const range = `${MIN_SECONDS} to ${MAX_SECONDS}`;
  throw new SupervisorError('ERR_USAGE', `top: --delay: takes ${range} seconds, got "${text}"`);
}

class Top {
  readonly #options: TopOptions;
  #state: TopState = FIRST_STATE;
  #snapshot: Snapshot;
  #rate: Rate;
  #screen: Screen | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #ended = new AbortController();
  #isLooking = false;

  constructor(options: TopOptions, first: Snapshot) {
    this.#options = options;
    this.#snapshot = first;
    this.#rate = rateBetween(null, first);
  }

  async run(): Promise<void> {
    const { input, output, hasColours, seconds, interrupted } = this.#options;
    const onKey = (key: Key) => this.#press(key);
    const onResize = () => this.#draw();
    this.#screen = new Screen({ input, output, hasColours, onKey, onResize });
    this.#timer = setInterval(() => void this.#look(), 1000 * seconds);
    const end = () => this.#ended.abort();
    interrupted.addEventListener('abort', end, { once: true });
    try {
      this.#draw();
      if (!interrupted.aborted) await once(this.#ended.signal, 'abort');
    } finally {
      clearInterval(this.#timer);
      this.#screen.close();
    }
  }

  #press(key: Key): void {
    const { view } = this.#state;
    const shown = this.#picture();
    const page = pageOf(shown, this.#size);
    const outcome = pressed(this.#state, key, { rows: shown.rows, page });
    this.#state = outcome.state;
    if (outcome.quits) this.#ended.abort();
    if (outcome.order !== undefined) void this.#give(outcome.order);
    this.#draw();
    if (this.#state.view !== view) void this.#look({ whilePaused: true });
  }

  async #give(order: NonNullable<Outcome['order']>): Promise<void> {
    const { port } = this.#options;
    const notice = await adminAsk<unknown>(port, questionOf(order)).then(
      () => `${order.kind}: done, or begun`,
      (error: unknown) => messageOf(error),
    );
    this.#state = { ...this.#state, notice };
    await this.#look();
  }

  /** Asks the supervisor once more, and shows what it says. A failure is shown, too. */
  async #look({ whilePaused = false } = {}): Promise<void> {
    if (this.#isLooking || (this.#state.isPaused && !whilePaused)) return;
    this.#isLooking = true;
    try {
      const next = await look(this.#options.port, this.#state.view);
      this.#rate = rateBetween(this.#snapshot, next);
      this.#snapshot = next;
    } catch (error) {
      this.#state = { ...this.#state, notice: messageOf(error) };
    } finally {
      this.#isLooking = false;
    }
    this.#draw();
  }

  get #size() {
    return this.#screen?.size ?? { columns: 80, lines: 24 };
  }

  #picture(): Picture {
    const state = this.#state;
    const snapshot = this.#snapshot;
    return { snapshot, rate: this.#rate, rows: rowsOf(snapshot, state), state };
  }

  #draw(): void {
    this.#screen?.draw(picture(this.#picture(), this.#size));
  }
}

/** Asks for what a view shows; clients are asked for only where they are needed. */
async function look(port: AdminPort, view: View): Promise<Snapshot> {
  const none = Promise.resolve(null);
  const [status, children, streams, clients] = await Promise.all([
    adminRead(port, 'status'),
    adminRead(port, 'children'),
    view === 'streams' ? adminRead(port, 'streams') : none,
    view === 'clients' ? adminRead(port, 'clients') : none,
  ]);
  return { status, children, streams, clients, at: Date.now() };
}
