import type { RtpPacket } from 'werift';
import { iceOf, withCandidates } from '../../protocol/webrtc/sdp.js';
import type { Role } from '../../stream-key.js';
import { type Activity, Refusal } from '../activity.js';
import type { Context } from '../context.js';
import type { HookSubject } from '../hooks.js';
import { randomId } from '../ids.js';
import type { Link } from '../link.js';
import type { Sink } from '../media/sink.js';
import type { Source } from '../media/source.js';
import { sourceName } from '../media/sources.js';
import { startPlaying } from '../playing.js';
import { startPublishing } from '../publishing.js';
import type { Hub } from './hub.js';
import type { MuxPeer } from './mux-member.js';
import { type MediaKind, Peer } from './peer.js';
import type { UdpMux } from './udp-mux.js';

/** Milliseconds of silence after which SRS ends a session. */
const SILENT_MS = 30_000;

export interface SessionParts {
  readonly context: Context;
  readonly hub: Hub;
  readonly mux: UdpMux;
}

/** A client's offer and its context. */
export interface Offer {
  readonly subject: HookSubject;
  readonly role: Role;
  readonly sdp: string;
  readonly ufrag: string | null;
  readonly password: string | null;
  /** The address in the answer. */
  readonly candidate: { readonly ip: string; readonly port: number };
}

/** mini-srs does not transcode, so RTMP media is not sent to WebRTC players. */
const NO_SINK: Sink = { start: () => {}, write: () => {}, ended: () => {} };

/** One WebRTC client: a peer, and its place in the stream's source and in the hub. */
export class WebRtcSession implements Link, MuxPeer {
  readonly token = randomId(9);
  sent = 0;
  received = 0;
  gone = false;
  /** Called when the session has ended. */
  onClosed: () => void = () => {};
  readonly #parts: SessionParts;
  readonly #offer: Offer;
  #username = '';
  #peer: Peer | null = null;
  #activity: Activity | null = null;
  #source: Source | null = null;
  #heardAt = performance.now();

  constructor(parts: SessionParts, offer: Offer) {
    this.#parts = parts;
    this.#offer = offer;
  }

  get username(): string {
    return this.#username;
  }

  get port(): number {
    return this.#peer?.port ?? 0;
  }

  get isSilent(): boolean {
    return performance.now() - this.#heardAt > SILENT_MS;
  }

  /**
   * Opens the session and returns the answer. Rejects with Refusal, or with the library's error if
   * it cannot answer the offer.
   */
  async open(): Promise<string> {
    const { sdp, candidate } = this.#offer;
    try {
      const peer = await this.#makePeer();
      this.#peer = peer;
      await this.#join(peer);
      const [ours, theirs] = [iceOf(peer.sdp), iceOf(sdp)];
      this.#username = `${ours?.ufrag}:${theirs?.ufrag}`;
      this.#parts.mux.add(this);
      return withCandidates(peer.sdp, [{ ...candidate, transport: 'udp' }]);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  limitSilence(): void {}

  bytesReceived(bytes: number): void {
    this.received += bytes;
    this.#heardAt = performance.now();
  }

  bytesSent(bytes: number): void {
    this.sent += bytes;
  }

  close(): void {
    if (this.gone) return;
    this.gone = true;
    this.#parts.mux.remove(this);
    if (this.#source && this.#peer) this.#parts.hub.leave(this.#source, this.#peer);
    void this.#peer?.close();
    void this.#activity?.end();
    this.onClosed();
  }

  #makePeer(): Promise<Peer> {
    const { sdp, role, ufrag, password } = this.#offer;
    return Peer.answer(
      sdp,
      { role, ufrag, password },
      {
        onRtp: (kind, packet) => this.#push(kind, packet),
        onKeyframeWanted: () => this.#source && this.#parts.hub.askKeyframe(this.#source),
        onClosed: () => this.close(),
      },
    );
  }

  async #join(peer: Peer): Promise<void> {
    const { context, hub } = this.#parts;
    const { subject, role } = this.#offer;
    const isPublish = role === 'publish';
    this.#activity = isPublish
      ? await startPublishing(context, subject, { link: this, type: 'rtc-publish' })
      : await startPlaying(context, subject, { link: this, sink: NO_SINK, type: 'rtc-play' });
    if (this.gone) {
      await this.#activity.end();
      throw new Refusal('client left');
    }
    const source = context.sources.at(sourceName(subject.request).url) ?? null;
    if (source === null) return;
    this.#source = source;
    if (isPublish) hub.publish(source, peer);
    else hub.play(source, peer);
  }

  #push(kind: MediaKind, packet: RtpPacket): void {
    if (this.#source) this.#parts.hub.push(this.#source, kind, packet);
  }
}
