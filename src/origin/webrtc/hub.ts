import type { RtpPacket } from 'werift';
import type { Source } from '../media/source.js';
import type { MediaKind, Peer } from './peer.js';

/** Least milliseconds between two keyframe requests, however many players ask. */
const KEYFRAME_MS = 500;

/** The RTP packets of one stream, forwarded unchanged from its publisher to its players. */
class Room {
  publisher: Peer | null = null;
  readonly players = new Set<Peer>();
  /** Kinds of media that the present publisher has sent. */
  readonly #heard = new Set<MediaKind>();
  #askedAt = 0;

  push(kind: MediaKind, packet: RtpPacket): void {
    const isFirst = !this.#heard.has(kind);
    this.#heard.add(kind);
    for (const player of this.players) {
      if (isFirst) player.restart(kind, packet);
      player.send(kind, packet);
    }
  }

  begin(publisher: Peer): void {
    this.publisher = publisher;
    this.#heard.clear();
  }

  askKeyframe(): void {
    const now = performance.now();
    if (now - this.#askedAt < KEYFRAME_MS) return;
    this.#askedAt = now;
    this.publisher?.askKeyframe();
  }
}

/** The rooms of all streams published or played by WebRTC. */
export class Hub {
  readonly #rooms = new Map<Source, Room>();

  publish(source: Source, peer: Peer): void {
    this.#room(source).begin(peer);
  }

  play(source: Source, peer: Peer): void {
    this.#room(source).players.add(peer);
  }

  push(source: Source, kind: MediaKind, packet: RtpPacket): void {
    this.#rooms.get(source)?.push(kind, packet);
  }

  askKeyframe(source: Source): void {
    this.#rooms.get(source)?.askKeyframe();
  }

  leave(source: Source, peer: Peer): void {
    const room = this.#rooms.get(source);
    if (room === undefined) return;
    room.players.delete(peer);
    if (room.publisher === peer) room.publisher = null;
    if (room.publisher === null && room.players.size === 0) this.#rooms.delete(source);
  }

  #room(source: Source): Room {
    const room = this.#rooms.get(source) ?? new Room();
    this.#rooms.set(source, room);
    return room;
  }
}
