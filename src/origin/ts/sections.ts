import { crc32Mpeg } from './crc32.js';

export const PAT_PID = 0;
export const PMT_PID = 0x1001;

/** One elementary stream of the program, as the PMT lists it. */
export interface TsStream {
  readonly pid: number;
  /** `stream_type` (ISO 13818-1, table 2-34). */
  readonly type: number;
}

const PROGRAM = 1;

/** Returns pointer field, header, body and checksum of a section (ISO 13818-1 §2.4.4). */
function section(tableId: number, id: number, version: number, body: readonly number[]): Buffer {
  const length = 5 + body.length + 4;
  const head = [tableId, 0xb0 | (length >> 8), length & 0xff, id >> 8, id & 0xff];
  const bytes = Buffer.from([...head, 0xc1 | ((version & 31) << 1), 0, 0, ...body]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32Mpeg(bytes));
  return Buffer.concat([Buffer.alloc(1), bytes, checksum]);
}

function reserved(pid: number): number[] {
  return [0xe0 | (pid >> 8), pid & 0xff];
}

/** Returns the program association table, with one program. */
export function pat(): Buffer {
  return section(0x00, 1, 0, [0, PROGRAM, ...reserved(PMT_PID)]);
}

/** Returns the program map table. `version` counts its changes. */
export function pmt(streams: readonly TsStream[], pcrPid: number, version: number): Buffer {
  const entries = streams.flatMap(({ pid, type }) => [type, ...reserved(pid), 0xf0, 0]);
  return section(0x02, PROGRAM, version, [...reserved(pcrPid), 0xf0, 0, ...entries]);
}
