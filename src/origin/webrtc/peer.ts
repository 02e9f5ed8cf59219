import {
  type MediaStreamTrack,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  type RTCRtpReceiver,
  type RTCRtpSender,
  type RtpPacket,
} from 'werift';
import type { Role } from '../../stream-key.js';

export type MediaKind = 'audio' | 'video';

export interface PeerOptions {
  readonly role: Role;
  /** Credentials that we choose; null: the library's own. */
  readonly ufrag: string | null;
  readonly password: string | null;
}

export interface PeerEvents {
  onRtp(kind: MediaKind, packet: RtpPacket): void;
  /** Media can be sent now, or a player has lost a picture: a keyframe is needed. */
  onKeyframeWanted(): void;
  onClosed(): void;
}

const LOOPBACK = '127.0.0.1';

/** Codecs that browsers and SRS have in common. */
const CODECS = {
  audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
  video: [
    new RTCRtpCodecParameters({
      mimeType: 'video/H264',
      clockRate: 90_000,
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    }),
  ],
};

/** One werift peer connection, which exchanges packets with us only, over its own loopback port. */
export class Peer {
  readonly #connection: RTCPeerConnection;
  readonly #senders = new Map<MediaKind, RTCRtpSender>();
  readonly #received: { receiver: RTCRtpReceiver; track: MediaStreamTrack }[] = [];

  private constructor(connection: RTCPeerConnection) {
    this.#connection = connection;
  }

  /** Answers an offer. Rejects with the library's error if it cannot. */
  static async answer(offer: string, options: PeerOptions, events: PeerEvents): Promise<Peer> {
    const connection = new RTCPeerConnection({
      codecs: CODECS,
      iceServers: [],
      iceUseIpv6: false,
      iceInterfaceAddresses: { udp4: LOOPBACK },
      iceAdditionalHostAddresses: [LOOPBACK],
    });
    const peer = new Peer(connection);
    try {
      await peer.#negotiate(offer, options, events);
      return peer;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get sdp(): string {
    return this.#connection.localDescription?.sdp ?? '';
  }

  /** Loopback port on which it listens. */
  get port(): number {
    const found = this.#connection.iceTransports
      .flatMap(({ connection }) => connection.localCandidates)
      .find(({ host }) => host === LOOPBACK);
    return found?.port ?? 0;
  }

  send(kind: MediaKind, packet: RtpPacket): void {
    // A packet that cannot be sent is lost, as it could be in the network.
    void this.#senders
      .get(kind)
      ?.sendRtp(packet.clone())
      .catch(() => {});
  }

  /** Continues sequence numbers and timestamps with a new publisher. */
  restart(kind: MediaKind, { header }: RtpPacket): void {
    this.#senders.get(kind)?.replaceRTP(header, true);
  }

  askKeyframe(): void {
    for (const { receiver, track } of this.#received) {
      if (track.kind !== 'video' || track.ssrc === undefined) continue;
      void receiver.sendRtcpPLI(track.ssrc).catch(() => {});
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #negotiate(offer: string, options: PeerOptions, events: PeerEvents): Promise<void> {
    const connection = this.#connection;
    if (options.role === 'publish') this.#receive(events);
    await connection.setRemoteDescription({ type: 'offer', sdp: offer });
    for (const { connection: ice } of connection.iceTransports) {
      // Otherwise the library queries a public STUN server.
      Object.assign(ice, { stunServer: undefined });
      ice.localUsername = options.ufrag ?? ice.localUsername;
      ice.localPassword = options.password ?? ice.localPassword;
    }
    if (options.role === 'play') this.#prepareToSend(events);
    await connection.setLocalDescription(await connection.createAnswer());
    connection.connectionStateChange.subscribe((state) => {
      if (state === 'closed' || state === 'failed') events.onClosed();
    });
  }

  #receive({ onRtp }: PeerEvents): void {
    this.#connection.ontrack = ({ track, receiver }) => {
      this.#received.push({ receiver, track });
      const kind = track.kind === 'video' ? 'video' : 'audio';
      track.onReceiveRtp.subscribe((packet) => onRtp(kind, packet));
    };
  }

  #prepareToSend({ onKeyframeWanted }: PeerEvents): void {
    for (const transceiver of this.#connection.getTransceivers()) {
      transceiver.setDirection('sendonly');
      const { kind, sender } = transceiver;
      this.#senders.set(kind === 'video' ? 'video' : 'audio', sender);
      sender.onReady.subscribe(onKeyframeWanted);
      sender.onPictureLossIndication.subscribe(onKeyframeWanted);
    }
  }
}
