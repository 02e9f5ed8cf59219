import type { Socket } from 'node:net';
import type { Amf0Value } from '../../protocol/rtmp/amf0.js';
import { decodeCommand, type RtmpCommand } from '../../protocol/rtmp/command.js';
import { parseUserControl, pingResponse, UserControlEvent } from '../../protocol/rtmp/control.js';
import { MessageType, type RtmpMessage } from '../../protocol/rtmp/message.js';
import { readPlayArguments } from '../../protocol/rtmp/play-arguments.js';
import { fcPublished, publishStarted } from '../../protocol/rtmp/publish-start.js';
import { parseStreamUrl } from '../../protocol/rtmp/stream-url.js';
import { type Role, resolveVhost } from '../../stream-key.js';
import { isReferred } from '../access.js';
import { type Activity, Refusal } from '../activity.js';
import { type Context, checkSecurity, vhostNames } from '../context.js';
import type { HookSubject } from '../hooks.js';
import { randomId } from '../ids.js';
import { type Link, SocketLink } from '../link.js';
import { type Batch, STREAM_ID } from '../media/batch.js';
import { Player } from '../media/player.js';
import { startPlaying } from '../playing.js';
import { startPublishing } from '../publishing.js';
import { peerAddress } from '../server-socket.js';
import type { StreamRequest } from '../stream-request.js';
import { RtmpConnection } from './connection.js';
import * as replies from './replies.js';

/** Milliseconds without a byte after which an idle client is closed. */
const IDLE_MS = 30_000;
/** The same for a client that has published or played before. */
const AGAIN_MS = 180_000;

interface Connect {
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
}

type Handlers = Readonly<Record<string, (command: RtmpCommand) => void | Promise<void>>>;

const ignore = (): void => {};

/** One RTMP client: its commands, and its current publish or play. */
export class RtmpSession {
  readonly id = randomId();
  readonly #context: Context;
  readonly #socket: Socket;
  readonly #link: Link;
  readonly #connection: RtmpConnection;
  readonly #ip: string;
  #connect: Connect | null = null;
  /** The order of these two calls identifies the encoder. */
  #fcPublished = false;
  #streamFirst = false;
  /** It has named a stream: from then until it plays, SRS answers no unknown call. */
  #asksForStream = false;
  #activity: Activity | null = null;
  /** Client type of a publisher; null for a player. */
  #publishes: string | null = null;
  /** Subject that on_connect accepted, so on_close must follow. */
  #admitted: HookSubject | null = null;

  /** Commands of a client that neither publishes nor plays. */
  readonly #idle: Handlers = {
    connect: (command) => this.#onConnect(command),
    createStream: (command) => this.#onCreateStream(command),
    releaseStream: (command) => this.#onReleaseStream(command),
    FCPublish: (command) => {
      this.#fcPublished = true;
      this.#onReleaseStream(command);
    },
    FCUnpublish: (command) => this.#onReleaseStream(command),
    publish: ({ args }) => this.#onPublish(args[0]),
    play: ({ args }) => this.#onPlay(args),
    pause: ignore,
    closeStream: ignore,
  };
  readonly #playing: Handlers = {
    ...Object.fromEntries(Object.keys(this.#idle).map((name) => [name, ignore])),
    pause: ({ args }) => this.#onPause(args[0] === true),
    closeStream: () => this.#endActivity(true),
  };
  /** Each of these three ends the stream. */
  readonly #publishing: Handlers = {
    releaseStream: (command) => this.#onUnpublish(command),
    FCPublish: (command) => this.#onUnpublish(command),
    FCUnpublish: (command) => this.#onUnpublish(command),
  };

  constructor(context: Context, socket: Socket) {
    this.#context = context;
    this.#socket = socket;
    this.#link = new SocketLink(socket);
    this.#ip = peerAddress(socket);
    socket.setTimeout(IDLE_MS);
    context.log.info(this.id, `RTMP client ip=${this.#ip}:${socket.remotePort ?? 0}`);
    this.#connection = new RtmpConnection(socket, {
      message: (message) => this.#message(message),
      closed: (reason) => void this.#closed(reason),
    });
  }

  #message(message: RtmpMessage): void | Promise<void> {
    switch (message.typeId) {
      case MessageType.commandAmf0:
      case MessageType.commandAmf3:
        return this.#command(message);
      case MessageType.userControl:
        return this.#onUserControl(message.payload);
      case MessageType.windowAckSize:
        if (message.payload.length < 4) return undefined;
        return this.#connection.acknowledgeEvery(message.payload.readUInt32BE(0));
      default:
        return this.#activity?.message(message);
    }
  }

  #command(message: RtmpMessage): void | Promise<void> {
    const parsed = decodeCommand(message);
    if (parsed.kind !== 'value') return this.#connection.close(reasonOf(parsed));
    const { name, transactionId } = parsed.value;
    if (this.#connect === null && name !== 'connect') {
      return this.#connection.close(`${name} before connect`);
    }
    if (this.#publishes === 'flash-publish') return this.#endActivity();
    const handlers = this.#handlers();
    const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (handler !== undefined) return handler(parsed.value);
    if (this.#answersCalls(transactionId)) {
      this.#connection.send(replies.result(transactionId, null, null));
    }
  }

  #handlers(): Handlers {
    if (this.#activity === null) return this.#idle;
    return this.#publishes === null ? this.#playing : this.#publishing;
  }

  /** Many clients wait for the answer to a call that no server knows. */
  #answersCalls(transactionId: number): boolean {
    if (this.#activity === null) return !this.#asksForStream;
    return this.#publishes === null && transactionId > 0;
  }

  #onReleaseStream({ transactionId }: RtmpCommand): void {
    this.#asksForStream = true;
    this.#connection.send(replies.result(transactionId, null, undefined));
  }

  #onConnect({ transactionId, object }: RtmpCommand): void {
    const text = (name: string): string => {
      const value = property(object, name);
      return typeof value === 'string' ? value : '';
    };
    const tcUrl = text('tcUrl');
    if (tcUrl === '') {
      this.#connection.close('connect without tcUrl');
      return;
    }
    this.#connect = { tcUrl, pageUrl: text('pageUrl'), swfUrl: text('swfUrl') };
    const encoding = property(object, 'objectEncoding') === 3 ? 3 : 0;
    const serverIp = this.#socket.localAddress ?? '';
    const about = { clientId: this.id, serverIp, encoding };
    this.#connection.send(...replies.connected(transactionId, about));
    this.#context.log.info(this.id, `connect app, tcUrl=${tcUrl}`);
  }

  #onCreateStream({ transactionId }: RtmpCommand): void {
    this.#streamFirst ||= !this.#fcPublished;
    this.#asksForStream = true;
    this.#connection.send(replies.result(transactionId, null, STREAM_ID));
  }

  #onUserControl(payload: Buffer): void {
    const parsed = parseUserControl(payload);
    if (parsed.kind !== 'value' || parsed.value.event !== UserControlEvent.pingRequest) return;
    this.#connection.send(pingResponse(parsed.value.argument));
  }

  async #onPublish(name: Amf0Value): Promise<void> {
    const type = this.#publisherType();
    await this.#begin('publish', name, async (subject) => {
      if (type !== 'flash-publish') this.#connection.send(fcPublished());
      const activity = await startPublishing(this.#context, subject, {
        link: this.#link,
        type,
      });
      this.#publishes = type;
      this.#connection.send(publishStarted());
      return activity;
    });
  }

  async #onPlay(args: readonly Amf0Value[]): Promise<void> {
    const asked = readPlayArguments(args);
    if (asked === null) return this.#connection.close('play with bad arguments');
    const { name, limitMs } = asked;
    await this.#begin('play', name, (subject) => {
      this.#connection.send(...replies.playStarted());
      this.#publishes = null;
      const socket = this.#socket;
      const encode = (batch: Batch) => batch.encode('rtmp');
      const sink = new Player({ socket, encode, limitMs });
      return startPlaying(this.#context, subject, { link: this.#link, sink, type: 'rtmp-play' });
    });
  }

  #publisherType(): string {
    if (!this.#fcPublished) return 'flash-publish';
    return this.#streamFirst ? 'haivision-publish' : 'fmle-publish';
  }

  /** Identifies the stream, calls on_connect each time, and starts; a refusal closes. */
  async #begin(
    role: Role,
    name: Amf0Value,
    start: (subject: HookSubject) => Promise<Activity>,
  ): Promise<void> {
    await this.#endActivity();
    const request = this.#identify(name);
    if (request === null) return;
    const subject = { clientId: this.id, ip: this.#ip, request };
    try {
      this.#checkReferer(role, request);
      await this.#admit(subject);
      // SRS sends nothing to a client refused by `security`, so this comes before the replies.
      checkSecurity(this.#context, subject, role);
      this.#activity = await start(subject);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#context.log.error(this.id, `serve error: ${error.message}`);
      this.#closeGently(error.message);
    }
  }

  #identify(name: Amf0Value): StreamRequest | null {
    const parsed = parseStreamUrl(this.#connect?.tcUrl ?? '', typeof name === 'string' ? name : '');
    if (parsed.kind !== 'value' || this.#connect === null) {
      this.#connection.close(reasonOf(parsed));
      return null;
    }
    const { app, stream, param, vhost } = parsed.value;
    const resolved = resolveVhost(vhost, vhostNames(this.#context));
    return { vhost: resolved, app, stream, param, ...this.#connect };
  }

  /** Checks the page that Flash reports. */
  #checkReferer(role: Role, { vhost, pageUrl }: StreamRequest): void {
    const refer = this.#context.conf.vhosts.get(vhost)?.refer ?? null;
    if (!isReferred(refer, role, pageUrl)) throw new Refusal(`referer ${pageUrl} may not ${role}`);
  }

  async #admit(subject: HookSubject): Promise<void> {
    if (!(await this.#context.hooks.onConnect(subject))) throw new Refusal('on_connect refused');
    this.#admitted = subject;
    if (this.#connection.closed) throw new Refusal('client left');
  }

  /** Closes after all sent bytes have reached the client. */
  #closeGently(reason: string): void {
    this.#socket.end(() => this.#connection.close(reason));
  }

  #onPause(on: boolean): void {
    this.#connection.send(...replies.paused(on));
    this.#activity?.pause(on);
  }

  async #onUnpublish({ transactionId }: RtmpCommand): Promise<void> {
    await this.#endActivity();
    this.#connection.send(...replies.unpublished(transactionId));
  }

  /** Ends the publish or play, after what is collected for it; the connection stays for another. */
  async #endActivity(flushes = false): Promise<void> {
    const activity = this.#activity;
    if (activity === null) return;
    if (flushes) activity.flush?.();
    this.#activity = null;
    this.#publishes = null;
    this.#asksForStream = false;
    this.#fcPublished = false;
    this.#streamFirst = false;
    this.#socket.setTimeout(AGAIN_MS);
    await activity.end();
  }

  async #closed(reason: string): Promise<void> {
    this.#context.log.info(this.id, `client closed: ${reason}`);
    await this.#endActivity();
    if (this.#admitted === null) return;
    const { bytesWritten: sent, bytesRead: received } = this.#socket;
    await this.#context.hooks.onClose(this.#admitted, { sent, received });
  }
}

function property(object: Amf0Value, name: string): Amf0Value {
  if (typeof object !== 'object' || object === null) return undefined;
  return Reflect.get(object, name);
}

const reasonOf = (parsed: { kind: string; reason?: string }) => parsed.reason ?? 'cut off';
