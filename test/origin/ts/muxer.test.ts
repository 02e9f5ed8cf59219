import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { splitAggregate } from '../../../src/origin/media/flv.js';
import { type Packet, toPacket } from '../../../src/origin/media/packet.js';
import { audioWriter } from '../../../src/origin/ts/audio.js';
import { crc32Mpeg } from '../../../src/origin/ts/crc32.js';
import { TsMuxer } from '../../../src/origin/ts/muxer.js';
import { TS_PACKET } from '../../../src/origin/ts/packets.js';

const SOURCES = `-f lavfi -i testsrc=s=320x240:r=25 -f lavfi -i sine=r=44100 -t 4`.split(' ');
const CODECS: Readonly<Record<string, string>> = {
  'h264,aac': '-c:v libx264 -preset ultrafast -bf 2 -g 25 -c:a aac',
  'h264,mp3': '-c:v libx264 -preset ultrafast -g 25 -c:a libmp3lame',
  h264: '-c:v libx264 -preset ultrafast -g 25 -an',
  aac: '-vn -c:a aac',
};

/** The packets of four seconds that a real encoder made. */
function encode(codecs: string): Packet[] {
  const args = ['-v', 'error', ...SOURCES, ...codecs.split(' '), '-f', 'flv', '-'];
  const flv = execFileSync('ffmpeg', args, { maxBuffer: 64 * 1024 * 1024 });
  return splitAggregate(0, flv.subarray(13)).map(({ typeId, timestamp, payload }) =>
    toPacket(typeId, timestamp, payload),
  );
}

function counters(ts: Buffer): string[] {
  const last = new Map<number, number>();
  const errors: string[] = [];
  for (let at = 0; at < ts.length; at += TS_PACKET) {
    const pid = ts.readUInt16BE(at + 1) & 0x1fff;
    const counter = (ts[at + 3] ?? 0) & 15;
    const before = last.get(pid);
    if (ts[at] !== 0x47) errors.push(`no sync at ${at}`);
    if (before !== undefined && counter !== ((before + 1) & 15)) errors.push(`gap at ${at}`);
    last.set(pid, counter);
  }
  return errors;
}

describe('MPEG-TS', { timeout: 120_000 }, () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'ts-'));
  });
  after(() => rmSync(dir, { recursive: true }));

  function probe(name: string, bytes: Buffer): { codecs: string[]; duration: number } {
    const file = path.join(dir, name);
    writeFileSync(file, bytes);
    const decoded = spawnSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 'null', '-']);
    assert.equal(decoded.stderr.toString(), '');
    const fields = 'stream=codec_name:format=duration';
    const args = ['-v', 'error', '-show_entries', fields, '-of', 'json', file];
    const found = JSON.parse(execFileSync('ffprobe', args).toString()) as {
      streams: { codec_name: string }[];
      format: { duration: string };
    };
    const codecs = found.streams.map(({ codec_name }) => codec_name);
    return { codecs, duration: Number(found.format.duration) };
  }

  for (const [expected, codecs] of Object.entries(CODECS)) {
    it(`carries ${expected}`, () => {
      const muxer = new TsMuxer();
      const packets = encode(codecs);
      // As players get them: the first frame with its headers, then one by one.
      const first = packets.findIndex(({ kind, sequenceHeader }) => {
        return kind !== 'data' && !sequenceHeader;
      });
      const head = muxer.write(packets.slice(0, first + 4));
      const rest = packets.slice(first + 4).map((packet) => muxer.write([packet]));
      const ts = Buffer.concat([head, ...rest]);
      assert.deepEqual(counters(ts), []);
      const found = probe(`${expected}.ts`, ts);
      assert.deepEqual(found.codecs.sort(), expected.split(',').sort());
      assert.ok(found.duration > 3.5 && found.duration < 4.5, String(found.duration));
    });
  }

  it('carries H.265, in the old form and in the enhanced one', (context) => {
    const file = path.join(dir, 'hevc.mp4');
    const hevc = '-c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25'.split(' ');
    const made = spawnSync('ffmpeg', ['-v', 'error', ...SOURCES, '-an', ...hevc, '-y', file]);
    if (made.status !== 0) return context.skip('this ffmpeg has no H.265 encoder');
    const record = mp4Box(file, 'hvcC');
    const frames = mp4Frames(file);
    for (const enhanced of [false, true]) {
      const ts = new TsMuxer().write(hevcPackets(record, frames, enhanced));
      assert.deepEqual(probe(`hevc-${enhanced}.ts`, ts).codecs, ['hevc']);
    }
  });

  it('goes on over a restart with the tables first', () => {
    const packets = encode(CODECS['h264,aac'] ?? '');
    const half = packets.findIndex(({ keyframe, timestamp }) => keyframe && timestamp > 1500);
    const muxer = new TsMuxer();
    const one = muxer.write(packets.slice(0, half));
    muxer.restart();
    const two = muxer.write(packets.slice(half));
    assert.deepEqual(counters(Buffer.concat([one, two])), []);
    assert.deepEqual(probe('two.ts', two).codecs.sort(), ['aac', 'h264']);
    probe('both.ts', Buffer.concat([one, two]));
  });

  it('writes bare audio', () => {
    const aac = audioWriter('aac')(encode(CODECS['h264,aac'] ?? ''));
    assert.deepEqual(probe('bare.aac', aac).codecs, ['aac']);
    const mp3 = audioWriter('mp3')(encode(CODECS['h264,mp3'] ?? ''));
    assert.deepEqual(probe('bare.mp3', mp3).codecs, ['mp3']);
  });

  it('takes what makes no sense for nothing', () => {
    const muxer = new TsMuxer();
    for (const typeId of [8, 9, 18]) {
      for (const bytes of [[], [0x17], [0x17, 0], [0xaf, 0], [0xaf, 1, 2], [0x90], [0x37, 1, 9]]) {
        assert.equal(muxer.write([toPacket(typeId, 0, Buffer.from(bytes))]).length, 0);
      }
    }
  });

  it('checks sections as MPEG does', () => {
    assert.equal(crc32Mpeg(Buffer.from('123456789')), 0x0376e6e7);
  });
});

function mp4Box(file: string, name: string): Buffer {
  const bytes = execFileSync('cat', [file], { maxBuffer: 64 * 1024 * 1024 });
  const at = bytes.indexOf(name, 0, 'latin1');
  return bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4));
}

/** The access units of an MP4, in decoding order, by ffprobe's positions. */
function mp4Frames(file: string): { data: Buffer; dts: number; pts: number; key: boolean }[] {
  const bytes = execFileSync('cat', [file], { maxBuffer: 64 * 1024 * 1024 });
  const fields = 'packet=pts_time,dts_time,size,pos,flags';
  const args = ['-v', 'error', '-show_entries', fields, '-of', 'json', file];
  const { packets } = JSON.parse(execFileSync('ffprobe', args).toString()) as {
    packets: { pts_time: string; dts_time: string; size: string; pos: string; flags: string }[];
  };
  return packets.map(({ pts_time, dts_time, size, pos, flags }) => ({
    data: bytes.subarray(Number(pos), Number(pos) + Number(size)),
    dts: Math.round(Number(dts_time) * 1000) + 1000,
    pts: Math.round(Number(pts_time) * 1000) + 1000,
    key: flags.startsWith('K'),
  }));
}

function hevcPackets(
  record: Buffer,
  frames: ReturnType<typeof mp4Frames>,
  enhanced: boolean,
): Packet[] {
  const cc = Buffer.from('hvc1');
  const tag = (key: boolean, type: number, delay: Buffer, data: Buffer): Buffer => {
    const frame = key ? 1 : 2;
    if (!enhanced) return Buffer.concat([Buffer.from([(frame << 4) | 12, type]), delay, data]);
    const head = Buffer.from([0x80 | (frame << 4) | type]);
    return Buffer.concat([head, cc, type === 0 ? Buffer.alloc(0) : delay, data]);
  };
  const header = toPacket(9, 0, tag(true, 0, Buffer.alloc(3), record));
  return [
    header,
    ...frames.map(({ data, dts, pts, key }) => {
      const delay = Buffer.alloc(3);
      delay.writeIntBE(pts - dts, 0, 3);
      return toPacket(9, dts, tag(key, 1, delay, data));
    }),
  ];
}
