import type { Socket } from 'node:net';
import { type Activity, Refusal } from './activity.js';
import type { Client } from './clients.js';
import { acquireSource, type Context } from './context.js';
import type { HookSubject } from './hooks.js';
import { Player, type PlayerOptions } from './media/player.js';
import type { Source } from './media/source.js';

export interface PlayOptions extends PlayerOptions {
  readonly socket: Socket;
  /** SRS's client type, such as `rtmp-play`. */
  readonly type: string;
}

/**
 * Makes the client a player of its stream, published or not. Rejects with Refusal where the hook
 * says no.
 */
export async function startPlaying(
  context: Context,
  subject: HookSubject,
  options: PlayOptions,
): Promise<Activity> {
  const source = acquireSource(context, subject);
  const allowed = await context.hooks.onPlay(subject, source);
  if (!allowed || options.socket.destroyed) {
    context.sources.release(source);
    throw new Refusal(allowed ? 'client left' : 'on_play refused');
  }
  const { clientId: id, ip, request } = subject;
  const { socket, type } = options;
  const client = { ...request, id, ip, type, publish: false, source, socket, since: Date.now() };
  return new Playing(context, subject, { client, player: new Player(options) });
}

class Playing implements Activity {
  readonly #context: Context;
  readonly #subject: HookSubject;
  readonly #client: Client;
  readonly #source: Source;
  readonly #player: Player;

  constructor(
    context: Context,
    subject: HookSubject,
    { client, player }: { client: Client; player: Player },
  ) {
    this.#context = context;
    this.#subject = subject;
    this.#client = client;
    this.#source = client.source;
    this.#player = player;
    // A player need not say anything; that it does not read is the player's own concern.
    client.socket.setTimeout(0);
    context.clients.add(client);
    context.log.info(client.id, `start play url=${this.#source.name.url}, ip=${client.ip}`);
    this.#source.join(player);
  }

  message(): void {}

  pause(on: boolean): void {
    this.#player.pause(on);
  }

  async end(): Promise<void> {
    const { clients, sources, hooks } = this.#context;
    this.#source.leave(this.#player);
    clients.remove(this.#client);
    sources.release(this.#source);
    await hooks.onStop(this.#subject, this.#source);
  }
}
