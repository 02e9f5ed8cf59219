import { type Activity, Refusal } from './activity.js';
import type { Client } from './clients.js';
import { acquireSource, type Context, checkSecurity } from './context.js';
import type { HookSubject } from './hooks.js';
import type { Link } from './link.js';
import type { Sink } from './media/sink.js';
import type { Source } from './media/source.js';

export interface PlayOptions {
  readonly link: Link;
  readonly sink: Sink;
  /** SRS's client type, such as `rtmp-play`. */
  readonly type: string;
  /** Fields that the API shows differently from the hooks. */
  readonly shown?: Partial<Pick<Client, 'stream' | 'ip' | 'tcUrl' | 'pageUrl'>>;
}

/**
 * Makes the client a player of its stream, published or not. Rejects with Refusal if the hook
 * refuses. A client that leaves during the hook still becomes a player until its end is handled, so
 * that `on_stop` follows `on_play`.
 */
export async function startPlaying(
  context: Context,
  subject: HookSubject,
  { link, sink, type, shown }: PlayOptions,
): Promise<Activity> {
  checkSecurity(context, subject, 'play');
  const source = acquireSource(context, subject);
  if (!(await context.hooks.onPlay(subject, source))) {
    context.sources.release(source);
    throw new Refusal('on_play refused');
  }
  const { clientId: id, ip, request } = subject;
  const about = { id, ip, type, publish: false, since: Date.now() };
  const client = { ...request, ...about, ...shown, source, link };
  return new Playing(context, subject, { client, sink });
}

class Playing implements Activity {
  readonly #context: Context;
  readonly #subject: HookSubject;
  readonly #client: Client;
  readonly #source: Source;
  readonly #sink: Sink;

  constructor(
    context: Context,
    subject: HookSubject,
    { client, sink }: { client: Client; sink: Sink },
  ) {
    this.#context = context;
    this.#subject = subject;
    this.#client = client;
    this.#source = client.source;
    this.#sink = sink;
    // A player need not send anything; the Player detects one that does not read.
    client.link.limitSilence(0);
    context.clients.add(client);
    context.log.info(client.id, `start play url=${this.#source.name.url}, ip=${client.ip}`);
    this.#source.join(sink);
  }

  message(): void {}

  pause(on: boolean): void {
    this.#sink.pause?.(on);
  }

  flush(): void {
    this.#source.flush();
  }

  async end(): Promise<void> {
    const { clients, sources, hooks } = this.#context;
    this.#source.leave(this.#sink);
    clients.remove(this.#client);
    sources.release(this.#source);
    await hooks.onStop(this.#subject, this.#source);
  }
}
