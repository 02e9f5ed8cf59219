import { MessageType } from '../protocol/rtmp/message.js';
import { type Activity, type MediaMessage, Refusal } from './activity.js';
import type { Client } from './clients.js';
import { acquireSource, type Context, checkSecurity } from './context.js';
import type { HookSubject } from './hooks.js';
import type { Link } from './link.js';
import { splitAggregate } from './media/flv.js';
import { toMetadata } from './media/metadata.js';
import type { Source } from './media/source.js';

/** SRS's time limits for a publisher's first packet, and for each further one. */
const FIRST_PACKET_MS = 20_000;
const NEXT_PACKET_MS = 5_000;

/**
 * Makes the client the publisher of its stream. Rejects with Refusal if the hook refuses, or
 * another client publishes; the hook is asked first, as by SRS. A client that leaves meanwhile
 * publishes until its end is handled.
 */
export async function startPublishing(
  context: Context,
  subject: HookSubject,
  { link, type }: { link: Link; type: string },
): Promise<Activity> {
  checkSecurity(context, subject, 'publish');
  const source = acquireSource(context, subject);
  try {
    if (!(await context.hooks.onPublish(subject, source))) throw new Refusal('on_publish refused');
    if (!source.publish(subject.clientId)) throw new Refusal(`stream ${source.name.url} is busy`);
  } catch (error) {
    context.sources.release(source);
    throw error;
  }
  const { clientId: id, ip, request } = subject;
  const client = { ...request, id, ip, type, publish: true, source, link, since: Date.now() };
  const publishing = new Publishing(context, subject, client);
  context.published({ source, subject });
  return publishing;
}

class Publishing implements Activity {
  readonly #context: Context;
  readonly #subject: HookSubject;
  readonly #client: Client;
  readonly #source: Source;
  #heard = false;

  constructor(context: Context, subject: HookSubject, client: Client) {
    this.#context = context;
    this.#subject = subject;
    this.#client = client;
    this.#source = client.source;
    context.clients.add(client);
    client.link.limitSilence(FIRST_PACKET_MS);
    context.log.info(client.id, `start publish url=${this.#source.name.url}, ip=${client.ip}`);
  }

  message(message: MediaMessage): void {
    const { typeId, timestamp, payload, csid } = message;
    if (typeId === MessageType.aggregate) {
      for (const part of splitAggregate(timestamp, payload)) this.#push({ ...part, csid });
    } else {
      this.#push(message);
    }
  }

  pause(): void {}

  async end(): Promise<void> {
    const { clients, sources, hooks, log } = this.#context;
    clients.remove(this.#client);
    this.#source.unpublish();
    sources.release(this.#source);
    log.info(this.#client.id, 'cleanup when unpublish');
    await hooks.onUnpublish(this.#subject, this.#source);
  }

  #push({ typeId, timestamp, payload, csid }: MediaMessage): void {
    if (typeId === MessageType.audio || typeId === MessageType.video) {
      if (!this.#heard) this.#client.link.limitSilence(NEXT_PACKET_MS);
      this.#heard = true;
      if (payload.length > 0) this.#source.push(typeId, timestamp, payload, csid);
    } else if (typeId === MessageType.dataAmf0 || typeId === MessageType.dataAmf3) {
      const metadata = toMetadata(typeId, payload);
      if (metadata) this.#source.push(MessageType.dataAmf0, timestamp, metadata, csid);
    }
  }
}
