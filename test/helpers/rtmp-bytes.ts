import type { Amf0Object, Amf0Value } from '../../src/protocol/rtmp/amf0.js';
import { encodeMessage } from '../../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../../src/protocol/rtmp/command.js';
import { setChunkSize, windowAckSize } from '../../src/protocol/rtmp/control.js';
import { type DigestSchema, PLAYER_KEY, writeDigest } from '../../src/protocol/rtmp/digest.js';
import { buildC0C1, buildC2, HANDSHAKE_SIZE } from '../../src/protocol/rtmp/handshake.js';
import { MessageType, type RtmpMessage } from '../../src/protocol/rtmp/message.js';
import type { Role } from '../../src/stream-key.js';

/**
 * Builds C0 and C1 as Flash and ffmpeg do: with a player's version and a digest of the given
 * schema.
 */
export function buildComplexC1(schema: DigestSchema, random: Buffer): Buffer {
  const c1 = Buffer.alloc(HANDSHAKE_SIZE);
  c1.writeUInt32BE(0x09007c02, 4);
  random.copy(c1, 8);
  writeDigest(c1, schema, PLAYER_KEY);
  return Buffer.concat([Buffer.of(3), c1]);
}

/** The stream to publish or play. */
interface Target {
  readonly tcUrl: string;
  readonly app: string;
  readonly stream: string;
}

/** The bytes of a kind of client, from C2 to its `publish` or `play`. */
export interface ClientBytes {
  readonly name: string;
  readonly role: Role;
  /** Its commands, in order. */
  readonly commands: readonly string[];
  build(target: Target): Buffer;
}

/** Exact captures of ffmpeg 5.1; the others follow librtmp, FMLE 3, Flash Player and SRS. */
export const CLIENTS: readonly ClientBytes[] = [
  {
    name: 'ffmpeg publishes',
    role: 'publish',
    commands: ['connect', 'releaseStream', 'FCPublish', 'createStream', '_checkbw', 'publish'],
    build: ({ tcUrl, app, stream }) => {
      const flashVer = 'FMLE/3.0 (compatible; Lavf59.27.100)';
      return Buffer.concat([
        full(call('connect', 1, { app, type: 'nonprivate', flashVer, tcUrl })),
        full(setChunkSize(60_000)),
        medium(call('releaseStream', 2, null, stream)),
        medium(call('FCPublish', 3, null, stream)),
        medium(call('createStream', 4, null)),
        medium(call('_checkbw', 5, null)),
        full(onStream(8, call('publish', 6, null, stream, 'live'))),
      ]);
    },
  },
  {
    name: 'ffmpeg plays',
    role: 'play',
    commands: ['connect', 'createStream', '_checkbw', 'getStreamLength', 'play'],
    build: ({ tcUrl, app, stream }) =>
      Buffer.concat([
        full(call('connect', 1, { app, flashVer: 'LNX 9,0,124,2', tcUrl, ...CAPABILITIES })),
        full(windowAckSize(2_500_000)),
        medium(call('createStream', 2, null)),
        medium(call('_checkbw', 3, null)),
        full({ ...call('getStreamLength', 4, null, stream), csid: 8 }),
        full(onStream(8, call('play', 5, null, stream, -2000))),
        medium({ ...setBufferLength(3000), timestamp: 1 }),
      ]),
  },
  {
    name: 'OBS publishes',
    role: 'publish',
    commands: ['connect', 'releaseStream', 'FCPublish', 'createStream', 'publish'],
    build: ({ tcUrl, app, stream }) =>
      Buffer.concat([
        full(setChunkSize(4096)),
        full(call('connect', 1, fmleObject(tcUrl, app)), 4096),
        medium(call('releaseStream', 2, null, stream), 4096),
        medium(call('FCPublish', 3, null, stream), 4096),
        medium(call('createStream', 4, null), 4096),
        full(onStream(4, call('publish', 5, null, stream, 'live')), 4096),
      ]),
  },
  {
    name: 'FMLE publishes, at 128 bytes a chunk',
    role: 'publish',
    commands: ['connect', 'releaseStream', 'FCPublish', 'createStream', 'publish'],
    build: ({ tcUrl, app, stream }) =>
      Buffer.concat([
        full(call('connect', 1, fmleObject(tcUrl, app))),
        full(call('releaseStream', 2, null, stream)),
        full(call('FCPublish', 3, null, stream)),
        full(call('createStream', 4, null)),
        full(onStream(4, call('publish', 5, null, stream, 'live'))),
      ]),
  },
  {
    name: 'Flash plays with AMF3',
    role: 'play',
    commands: ['connect', 'createStream', 'play'],
    build: ({ tcUrl, app, stream }) =>
      Buffer.concat([
        full(call('connect', 1, flashObject(tcUrl, app))),
        full(windowAckSize(2_500_000)),
        medium(amf3(call('createStream', 2, null))),
        full(setBufferLength(1000)),
        full(onStream(8, amf3(call('play', 3, null, stream)))),
      ]),
  },
  {
    name: 'Flash publishes with AMF3',
    role: 'publish',
    commands: ['connect', 'createStream', 'publish'],
    build: ({ tcUrl, app, stream }) =>
      Buffer.concat([
        full(call('connect', 1, flashObject(tcUrl, app))),
        full(windowAckSize(2_500_000)),
        medium(amf3(call('createStream', 2, null))),
        full(onStream(8, amf3(call('publish', 3, null, stream, 'live')))),
      ]),
  },
  {
    name: 'Haivision publishes',
    role: 'publish',
    commands: ['connect', 'createStream', 'FCPublish', 'publish'],
    build: ({ tcUrl, app, stream }) =>
      Buffer.concat([
        full(call('connect', 1, fmleObject(tcUrl, app))),
        full(call('createStream', 2, null)),
        full(call('FCPublish', 3, null, stream)),
        full(onStream(4, call('publish', 4, null, stream, 'live'))),
      ]),
  },
  {
    name: 'an SRS edge plays',
    role: 'play',
    commands: ['connect', 'createStream', 'play'],
    build: ({ tcUrl, app, stream }) =>
      Buffer.concat([
        full(call('connect', 1, edgeObject(tcUrl, app), EDGE_ARGUMENTS)),
        full(windowAckSize(2_500_000)),
        full(call('createStream', 2, null)),
        full(onStream(8, call('play', 0, null, stream))),
        full(setBufferLength(1000)),
        full(setChunkSize(60_000)),
      ]),
  },
];

/** The fields that SRS sends as a client. */
const EDGE_ARGUMENTS = { srs_sig: 'SRS', srs_server: 'SRS/7.0.18(Hang)', srs_pid: 77 };

const CAPABILITIES = {
  fpad: false,
  capabilities: 15,
  audioCodecs: 4071,
  videoCodecs: 252,
  videoFunction: 1,
};

function fmleObject(tcUrl: string, app: string): Amf0Object {
  const flashVer = 'FMLE/3.0 (compatible; FMSc/1.0)';
  return { app, type: 'nonprivate', flashVer, swfUrl: tcUrl, tcUrl };
}

function edgeObject(tcUrl: string, app: string): Amf0Object {
  const about = { swfUrl: '', tcUrl, fpad: false, capabilities: 239, audioCodecs: 3575 };
  const more = { videoCodecs: 252, videoFunction: 1, pageUrl: '', objectEncoding: 0 };
  return { app, flashVer: 'WIN 15,0,0,239', ...about, ...more };
}

function flashObject(tcUrl: string, app: string): Amf0Object {
  const pages = { swfUrl: 'http://localhost/player.swf', pageUrl: 'http://localhost/index.html' };
  return { app, flashVer: 'WIN 32,0,0,465', ...pages, tcUrl, ...CAPABILITIES, objectEncoding: 3 };
}

function call(name: string, transactionId: number, object: Amf0Value, ...args: Amf0Value[]) {
  return encodeCommand({ name, transactionId, object, args }, { csid: 3, streamId: 0 });
}

function onStream(csid: number, message: RtmpMessage): RtmpMessage {
  return { ...message, csid, streamId: 1 };
}

/** Converts a command to AMF3, as Flash sends it if told so. */
function amf3(message: RtmpMessage): RtmpMessage {
  const payload = Buffer.concat([Buffer.of(0), message.payload]);
  return { ...message, typeId: MessageType.commandAmf3, payload };
}

function setBufferLength(milliseconds: number): RtmpMessage {
  const payload = Buffer.from('0003 00000001 00000000'.replaceAll(' ', ''), 'hex');
  payload.writeUInt32BE(milliseconds, 6);
  return { csid: 2, timestamp: 0, typeId: MessageType.userControl, streamId: 0, payload };
}

function full(message: RtmpMessage, chunkSize = 128): Buffer {
  return encodeMessage(message, chunkSize);
}

/** Encodes with a fmt 1 header: no stream id, and a timestamp delta. */
function medium(message: RtmpMessage, chunkSize = 128): Buffer {
  const bytes = full(message, chunkSize);
  bytes[0] = 0x40 | message.csid;
  return Buffer.concat([bytes.subarray(0, 8), bytes.subarray(12)]);
}

/** Returns the bytes of a player up to its `play`. */
export function openingBytes(port: number, stream: string): Buffer {
  return openingOf('ffmpeg plays', { tcUrl: `rtmp://127.0.0.1:${port}/live`, app: 'live', stream });
}

/** Returns the bytes of one of `CLIENTS`, by name. */
export function openingOf(name: string, target: Target): Buffer {
  const client = CLIENTS.find((one) => one.name === name);
  if (client === undefined) throw new Error(`no bytes of ${name}`);
  return afterHandshake(client.build(target));
}

/** Prepends C0, C1 and C2. */
export function afterHandshake(bytes: Buffer): Buffer {
  const zeros = Buffer.alloc(HANDSHAKE_SIZE);
  return Buffer.concat([buildC0C1(0, zeros), buildC2(zeros), bytes]);
}
