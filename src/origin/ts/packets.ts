export const TS_PACKET = 188;
const TS_PAYLOAD = 184;
const SYNC = 0x47;
/** PTS and PCR base are 33-bit counts of a 90 kHz clock. */
const CLOCK_WRAP = 2 ** 33;

/** One access unit with its times in 90 kHz ticks. */
export interface Unit {
  readonly pid: number;
  /** PES stream id (ISO 13818-1, table 2-22). */
  readonly streamId: number;
  readonly pts: number;
  readonly dts: number;
  /** This unit carries the program's clock (PCR). */
  readonly clock: boolean;
  readonly keyframe: boolean;
  readonly data: Buffer;
}

function stamp(mark: number, time: number): number[] {
  const clock = ((time % CLOCK_WRAP) + CLOCK_WRAP) % CLOCK_WRAP;
  const high = Math.floor(clock / 2 ** 30) & 7;
  const middle = Math.floor(clock / 2 ** 15) & 0x7fff;
  const low = clock & 0x7fff;
  return [
    (mark << 4) | (high << 1) | 1,
    middle >> 7,
    ((middle & 0x7f) << 1) | 1,
    low >> 7,
    ((low & 0x7f) << 1) | 1,
  ];
}

/** Returns a PES packet (ISO 13818-1 §2.4.3.6). Its length is 0 if it exceeds 16 bits. */
function pes({ streamId, pts, dts, data }: Unit): Buffer {
  const times = pts === dts ? stamp(2, pts) : [...stamp(3, pts), ...stamp(1, dts)];
  const size = 3 + times.length + data.length;
  const length = size > 0xffff ? 0 : size;
  const flags = pts === dts ? 0x80 : 0xc0;
  const head = [0, 0, 1, streamId, length >> 8, length & 0xff, 0x80, flags, times.length, ...times];
  return Buffer.concat([Buffer.from(head), data]);
}

/** Returns the adaptation field of a unit's first packet: flags, and the clock. */
function adaptation({ clock, keyframe, dts }: Unit): number[] {
  if (!clock) return keyframe ? [0x40] : [];
  const base = ((dts % CLOCK_WRAP) + CLOCK_WRAP) % CLOCK_WRAP;
  const high = Math.floor(base / 2);
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(high / 2 ** shift) & 0xff);
  return [keyframe ? 0x50 : 0x10, ...bytes, ((base & 1) << 7) | 0x7e, 0];
}

/** Splits sections and PES packets into TS packets, and keeps each PID's continuity counter. */
export class TsPackets {
  readonly #counters = new Map<number, number>();

  section(pid: number, bytes: Buffer): Buffer {
    const packet = Buffer.alloc(TS_PACKET, 0xff);
    this.#head(packet, pid, true);
    packet[3] = (packet[3] ?? 0) | 0x10;
    bytes.copy(packet, 4);
    return packet;
  }

  unit(unit: Unit): Buffer {
    const bytes = pes(unit);
    const packets: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const field = at === 0 ? adaptation(unit) : [];
      const room = TS_PAYLOAD - (field.length === 0 ? 0 : field.length + 1);
      const piece = bytes.subarray(at, at + room);
      packets.push(this.#packet(unit.pid, at === 0, field, piece));
      at += piece.length;
    }
    return Buffer.concat(packets);
  }

  /** Returns a packet whose adaptation field fills the space that the payload leaves (§2.4.3.4). */
  #packet(pid: number, first: boolean, field: readonly number[], payload: Buffer): Buffer {
    const packet = Buffer.alloc(TS_PACKET, 0xff);
    this.#head(packet, pid, first);
    const spare = TS_PAYLOAD - payload.length;
    packet[3] = (packet[3] ?? 0) | (spare > 0 ? 0x30 : 0x10);
    if (spare > 0) packet[4] = spare - 1;
    if (spare > 1) packet.set(field.length > 0 ? field : [0], 5);
    payload.copy(packet, TS_PACKET - payload.length);
    return packet;
  }

  #head(packet: Buffer, pid: number, first: boolean): void {
    const counter = this.#counters.get(pid) ?? 0;
    this.#counters.set(pid, (counter + 1) & 15);
    packet[0] = SYNC;
    packet[1] = (first ? 0x40 : 0) | (pid >> 8);
    packet[2] = pid & 0xff;
    packet[3] = counter;
  }
}
