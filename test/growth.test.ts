/**
 * The work of a parser grows no faster than its input: each case is measured at four sizes, each
 * twice the one before, in steps (`helpers/steps.ts`) and not in time. Patterns count as one step
 * for each character here; `patterns.test.ts` judges them.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { forwardedClient, TrustedProxies } from '../src/listener/client-address.js';
import { advance } from '../src/protocol/hls/continuity.js';
import {
  parseForeignSegment,
  parsePlaylistPath,
  parseSegmentPath,
} from '../src/protocol/hls/names.js';
import { parsePlaylist, printPlaylist } from '../src/protocol/hls/playlist.js';
import { parseAnswerHead } from '../src/protocol/http/answer.js';
import { buildChildHead } from '../src/protocol/http/child-head.js';
import { liveMatcher } from '../src/protocol/http/live.js';
import { hostName, isAmbiguous, parseTarget } from '../src/protocol/http/target.js';
import { KeptBytes } from '../src/protocol/kept-bytes.js';
import { parseProxyHeader } from '../src/protocol/proxy/header.js';
import { parseQuery } from '../src/protocol/query.js';
import { type Amf0Value, decodeAmf0All, encodeAmf0 } from '../src/protocol/rtmp/amf0.js';
import { ByteWriter } from '../src/protocol/rtmp/byte-writer.js';
import { ChunkReader } from '../src/protocol/rtmp/chunk-reader.js';
import { encodeMessage } from '../src/protocol/rtmp/chunk-writer.js';
import { encodeCommand } from '../src/protocol/rtmp/command.js';
import { setChunkSize } from '../src/protocol/rtmp/control.js';
import { buildC0C1 } from '../src/protocol/rtmp/handshake.js';
import { RtmpIdentifier } from '../src/protocol/rtmp/identify.js';
import { ChildLeveler } from '../src/protocol/rtmp/level.js';
import { PlayAnswers } from '../src/protocol/rtmp/play.js';
import { parseStreamUrl } from '../src/protocol/rtmp/stream-url.js';
import { parseExtensions, parseStreamIdExtension } from '../src/protocol/srt/extensions.js';
import { parseStreamId } from '../src/protocol/srt/stream-id.js';
import { parseWhipRequest } from '../src/protocol/webrtc/request.js';
import { candidatesOf, iceOf, offerFault, withCandidates } from '../src/protocol/webrtc/sdp.js';
import { parseStun } from '../src/protocol/webrtc/stun.js';
import { StepCounter } from './helpers/steps.js';

/** Most growth of steps where the input doubles: memory that grows in leaps makes it uneven. */
const MOST = 2.2;
const SIZES = [1, 2, 4, 8] as const;

/** One way to make input that is long. */
interface Case {
  readonly name: string;
  /** Of the smallest input; at eight times that no limit is reached. */
  readonly size: number;
  /** Makes an input of that size, and answers what reads it. */
  readonly make: (size: number) => () => unknown;
}

const counter = new StepCounter('/dist/src/');
after(() => counter.close());

function hold(cases: readonly Case[]): void {
  for (const { name, size, make } of cases) {
    it(name, () => {
      make(size)();
      const steps = SIZES.map((many) => counter.count(make(size * many)));
      const [first = 0, last = 0] = [steps[0], steps.at(-1)];
      assert.ok(first > 0);
      assert.ok(last <= MOST ** (SIZES.length - 1) * first, `steps: ${steps}`);
    });
  }
}

/** As one piece, and byte by byte. */
function fed(name: string, size: number, make: (size: number) => Feed): Case[] {
  return [
    { name, size, make: (of) => bind(make(of), Number.POSITIVE_INFINITY) },
    { name: `${name}, byte by byte`, size, make: (of) => bind(make(of), 1) },
  ];
}

interface Feed {
  readonly bytes: Buffer;
  readonly into: (piece: Buffer) => unknown;
}

function bind({ bytes, into }: Feed, piece: number): () => void {
  return () => {
    const length = Math.min(piece, bytes.length);
    for (let at = 0; at < bytes.length; at += length) into(bytes.subarray(at, at + length));
  };
}

function chunkReader(bytes: Buffer): Feed {
  const reader = new ChunkReader();
  const into = (piece: Buffer) => {
    reader.push(piece);
    while (reader.next().kind === 'value');
  };
  return { bytes, into };
}

function message(payload: Buffer, { csid = 3, typeId = 18 } = {}): Buffer {
  return encodeMessage({ csid, timestamp: 0, typeId, streamId: 0, payload }, 128);
}

function command(name: string, ...values: Amf0Value[]): Buffer {
  const [object = null, ...args] = values;
  const ids = { csid: 3, streamId: 0 };
  return encodeMessage(encodeCommand({ name, transactionId: 1, object, args }, ids), 128);
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** A chunk stream's first message, of one byte, of which nothing has come. */
function begun(csid: number): Buffer {
  const head = Buffer.from('010000000000000112000000000', 'hex');
  head.writeUInt16LE(csid - 64, 1);
  return Buffer.concat([head.subarray(0, 3), Buffer.from('000000000001120000000041', 'hex')]);
}

describe('RTMP', () => {
  const HELLO = Buffer.concat([buildC0C1(0, Buffer.alloc(1536)), Buffer.alloc(1536)]);
  const CONNECT = command('connect', { app: 'live', tcUrl: 'rtmp://h/live' });
  const identifier = (commands: Buffer): Feed => {
    const server = {
      signature: 'SRS/1.2.3(Hang)',
      version: '1.2.3',
      ip: '192.0.2.1',
      pid: 1,
      id: 'a',
    };
    const reader = new RtmpIdentifier({ server, time: 0, random: Buffer.alloc(1536) });
    reader.feed(HELLO);
    const into = (piece: Buffer) => {
      reader.feed(piece);
      reader.takeReplies();
    };
    return { bytes: commands, into };
  };
  hold([
    ...fed('one message of many chunks', 20_000, (n) => chunkReader(message(Buffer.alloc(n)))),
    ...fed('many messages', 50, (n) =>
      chunkReader(Buffer.concat(times(n, () => message(Buffer.alloc(9))))),
    ),
    ...fed('many chunk streams', 100, (n) =>
      chunkReader(Buffer.concat(times(n, (i) => begun(64 + i)))),
    ),
    ...fed('chunks of one byte', 500, (n) => {
      const small = encodeMessage(setChunkSize(1), 128);
      const payload = Buffer.alloc(n);
      const whole = { csid: 3, timestamp: 0, typeId: 18, streamId: 0, payload };
      return chunkReader(Buffer.concat([small, encodeMessage(whole, 1)]));
    }),
    ...fed('many commands', 30, (n) => identifier(Buffer.concat(times(n, () => CONNECT)))),
    ...fed('much before a name', 200, (n) =>
      identifier(Buffer.concat([CONNECT, ...times(n, () => message(Buffer.alloc(50)))])),
    ),
    ...fed('a long command', 5000, (n) => identifier(command('connect', { tcUrl: 'x'.repeat(n) }))),
    ...fed('a child that answers at length', 20, (n) => {
      const leveler = new ChildLeveler({
        ...{ answered: new Set([1, 2]), createStream: 2 },
        ...{ pings: 0, chunkSize: 60_000 },
      });
      const bytes = Buffer.concat(times(n, () => command('_result', null, 1)));
      return { bytes, into: (piece) => leveler.feed(piece) };
    }),
    ...fed('a child with one long message', 20_000, (n) => {
      const leveler = new ChildLeveler({
        ...{ answered: new Set([1, 2]), createStream: 2 },
        ...{ pings: 0, chunkSize: 60_000 },
      });
      return { bytes: message(Buffer.alloc(n)), into: (piece) => leveler.feed(piece) };
    }),
    ...fed("a player's answers", 100, (n) => {
      const answers = new PlayAnswers();
      const bytes = Buffer.concat(times(n, () => command('onStatus', null, { code: 'x' })));
      return { bytes, into: (piece) => answers.feed(piece) };
    }),
  ]);

  const amf0 = (name: string, size: number, make: (size: number) => Amf0Value): Case => {
    return { name, size, make: (n) => () => decodeAmf0All(encodeAmf0(make(n))) };
  };
  hold([
    amf0('a long text', 10_000, (n) => 'x'.repeat(n)),
    amf0('properties', 200, (n) => Object.fromEntries(times(n, (i) => [`key${i}`, i]))),
    amf0('properties that are numbers', 200, (n) =>
      Object.fromEntries(times(n, (i) => [String(4_000_000_000 - 7 * i), i])),
    ),
    amf0('an array', 2000, (n) => times(n, () => 1)),
    amf0('arrays in arrays', 300, (n) => times(n, () => [[[['x']]]])),
    {
      name: 'values in a row',
      size: 500,
      make: (n) => () => decodeAmf0All(encodeAmf0(...times(n, (i) => i))),
    },
  ]);

  const PARTS = [
    '/',
    '#',
    '?',
    '@',
    ':',
    '[',
    '%',
    '&',
    '=',
    ' ',
    '/ ',
    'a=',
    '//x',
    '...vhost...',
  ];
  hold(
    [...PARTS, '/_definst_', 'rtmp://', 'é'].flatMap((part): Case[] => [
      {
        name: `a tcUrl of ${part}`,
        size: 1000,
        make: (n) => () => parseStreamUrl(`rtmp://h/live${part.repeat(n)}`, 'cam'),
      },
      {
        name: `a name of ${part}`,
        size: 1000,
        make: (n) => () => parseStreamUrl('rtmp://h/live', `cam${part.repeat(n)}\u00e9`),
      },
    ]),
  );
});

describe('HTTP', () => {
  const trusted = new TrustedProxies(['127.0.0.0/8']);
  const mounts = [{ vhost: 'v', mount: '[vhost]/[app]/[stream].flv', isEdge: false }];
  const match = liveMatcher(mounts, ['v']);
  const read = (url: string) => {
    const target = parseTarget(url);
    if (target === null) return;
    isAmbiguous(target.path);
    match(target, 'v');
    parseSegmentPath(target.path);
    parsePlaylistPath(target.path);
    parseForeignSegment(target.path);
    parseWhipRequest({ query: parseQuery(target.query), host: 'h', vhosts: [] }, 'play');
  };
  const PARTS = [
    '/',
    '/a',
    '-',
    '-c001-1-1',
    '.',
    '..',
    '%2e',
    '.flv',
    '.m3u8',
    '?',
    '&',
    '=',
    '\\',
  ];
  hold([
    ...PARTS.map((part): Case => {
      const make = (n: number) => () => read(`/live/x${part.repeat(n)}`);
      return { name: `a path of ${part}`, size: 1000, make };
    }),
    ...PARTS.map((part): Case => {
      const make = (n: number) => () => read(`/live/x.flv?a${part.repeat(n)}`);
      return { name: `a query of ${part}`, size: 1000, make };
    }),
    { name: 'a host of colons', size: 1000, make: (n) => () => hostName(':1'.repeat(n)) },
    {
      name: 'proxies behind proxies',
      size: 200,
      make: (n) => () => {
        const peer = { ip: '127.0.0.1', port: 1 };
        forwardedClient(peer, '127.0.0.1,'.repeat(n), trusted);
      },
    },
    {
      name: 'headers for a child',
      size: 20,
      make: (n) => () => {
        const names = ['Connection', times(n, (i) => `x-${i}`).join(',')];
        const rawHeaders = [...names, ...times(n, (i) => [`X-${i}`, 'y']).flat()];
        buildChildHead({ target: '/', host: 'h', rawHeaders }, '192.0.2.1');
      },
    },
    {
      name: "a child's head",
      size: 1000,
      make: (n) => () =>
        parseAnswerHead(Buffer.from(`HTTP/1.1 200 OK\r\n${'x:\r\n'.repeat(n)}\r\n`)),
    },
    {
      name: 'a PROXY header of TLVs',
      size: 500,
      make: (n) => () => {
        const head = Buffer.from('0d0a0d0a000d0a515549540a21110000', 'hex');
        head.writeUInt16BE(12 + n, 14);
        parseProxyHeader(Buffer.concat([head, Buffer.alloc(12 + n)]));
      },
    },
  ]);

  const playlist = (n: number) =>
    ['#EXTM3U', ...times(n, (i) => `#EXTINF:1,\nx-${i}.ts`), ''].join('\n');
  hold([
    { name: 'a playlist', size: 100, make: (n) => () => parsePlaylist(playlist(n)) },
    {
      name: 'playlists of a stream that moves',
      size: 100,
      make: (n) => {
        const list = parsePlaylist(playlist(n));
        return () => {
          if (list.kind !== 'value') throw new Error(list.kind);
          const first = advance(null, list.value, 'c001-1', 60);
          printPlaylist(advance(first, list.value, 'c002-1', 60).shown, 'a=1');
        };
      },
    },
  ]);
});

describe('WebRTC', () => {
  const sdp = (name: string, size: number, make: (size: number) => string): Case => ({
    name,
    size,
    make: (n) => () => {
      const text = make(n);
      offerFault(text, 'publish');
      iceOf(text);
      candidatesOf(text);
    },
  });
  const lines = (line: string) => (n: number) => `v=0\r\n${`${line}\r\n`.repeat(n)}`;
  const LINES = [
    '',
    'a=',
    'm=',
    'a=x',
    'a=sendrecv',
    'a=rtcp-mux',
    'a=ice-ufrag:x',
    'a=group:x',
    'v=0',
  ];
  hold([
    ...LINES.map((line) => sdp(`lines that are "${line}"`, 100, lines(line))),
    sdp('m-lines', 7, lines('m=audio 9 UDP/TLS/RTP/SAVPF 111')),
    sdp('more lines than are read', 1100, lines('a=sendrecv')),
    sdp('one long line', 2000, (n) => `v=0\r\na=group:${'x'.repeat(n)}\r\n`),
    sdp(
      'lines that end with CR alone',
      500,
      (n) => `v=0\r\na=group:${'\ra=sendrecv'.repeat(n)}\r\n`,
    ),
    {
      name: 'an answer with many lines',
      size: 50,
      make: (n) => () => withCandidates(lines('a=mid:0')(n), []),
    },
    {
      name: 'attributes of STUN',
      size: 200,
      make: (n) => () => {
        const head = Buffer.from('000100002112a442000000000000000000000000', 'hex');
        head.writeUInt16BE(4 * n, 2);
        parseStun(Buffer.concat([head, Buffer.alloc(4 * n, 0)]));
      },
    },
  ]);
});

describe('SRT', () => {
  hold([
    {
      name: 'extensions',
      size: 100,
      make: (n) => () => {
        const blocks = parseExtensions(Buffer.alloc(64 + 4 * n));
        if (blocks.kind === 'value') parseStreamIdExtension(blocks.value);
      },
    },
    ...[',', '=', '/', '?', '#!::', 'a=b,'].map((part): Case => {
      const make = (n: number) => () => parseStreamId(`#!::r=a/b,${part.repeat(n)}`, 'live');
      return { name: `a stream id of ${part}`, size: 100, make };
    }),
  ]);
});

describe('bytes that are kept', () => {
  hold([
    ...fed('and none forgotten', 5000, (n) => {
      const kept = new KeptBytes();
      return { bytes: Buffer.alloc(n), into: (piece) => kept.push(piece) };
    }),
    ...fed('and forgotten again', 5000, (n) => {
      const kept = new KeptBytes();
      const into = (piece: Buffer) => {
        kept.push(piece);
        kept.forget(kept.end - 100);
      };
      return { bytes: Buffer.alloc(n), into };
    }),
    ...fed('to be read as a whole', 5000, (n) => {
      const writer = new ByteWriter();
      return { bytes: Buffer.alloc(n), into: (piece) => writer.bytes(piece) };
    }),
  ]);
});
