import type { Difference } from '../compare.js';

const MINI = ['mini-srs', 'box of mini-srs'] as const;
const BOX = ['box of srs', 'box of mini-srs'] as const;

function metadata(signature: string): string {
  const video = 'width: 640, height: 360, videodatarate: 0, framerate: 25, videocodecid: 7';
  const audio = 'audiodatarate: 46.875, audiosamplerate: 44100, audiosamplesize: 16, stereo: false';
  const server = `audiocodecid: 10, server: "${signature}", server_version: "7.0.18"`;
  return `dataAmf0 csid=4 sid=1 len=278 "onMetaData", {${video}, ${audio}, ${server}}`;
}

function connected(encoding: number, data: string, length: number): string {
  const server = '{fmsVer: "FMS/3,5,3,888", capabilities: 127, mode: 1}';
  const status = 'level: "status", code: "NetConnection.Connect.Success"';
  const rest = `description: "Connection succeeded", objectEncoding: ${encoding}, data: ${data}`;
  return `commandAmf0 csid=3 sid=0 len=${length} "_result", 1, ${server}, {${status}, ${rest}}`;
}

const OF_SRS = (encoding: number) =>
  `/^commandAmf0 csid=3 sid=0 len=848 "_result", 1, .*objectEncoding: ${encoding}, data: ecma/`;

function ofMini(encoding: number): string {
  const about = 'version: "3,5,3,888", srs_sig: "SRS", srs_server: "SRS/7.0.18(mini)"';
  const more = 'srs_license: "MIT", srs_url: "https://github.com/ossrs/srs", srs_version: "7.0.18"';
  const own = 'srs_server_ip: "127.0.0.1", srs_pid: {pid}, srs_id: "{id}"';
  const data = `ecma{${about}, ${more}, srs_authors: "{authors}", ${own}}`;
  return connected(encoding, data, 460);
}

/** `srs_id` names the thread and the client. */
const ofBox = (encoding: number) =>
  [
    `/^commandAmf0 csid=3 sid=0 len=4\\d\\d "_result", 1, .*objectEncoding: ${encoding}, data: ecma`,
    '\\{version: "3,5,3,888", srs_sig: "SRS", srs_server: "SRS/7\\.0\\.18\\(Hang\\)", srs_license: "MIT"',
    ', srs_url: "[^"]+", srs_version: "7\\.0\\.18", srs_authors: "\\{authors\\}"',
    ', srs_server_ip: "127\\.0\\.0\\.1", srs_pid: \\{pid\\}, srs_id: "(\\d-\\w{6}|\\{id\\})"\\}\\}$/',
  ].join('');

export const RTMP: readonly Difference[] = [
  {
    of: MINI,
    srs: [metadata('SRS/7.0.18(Hang)')],
    instead: [metadata('SRS/7.0.18(mini)')],
    reason: 'mini-srs signs with its own name in place of the release’s',
  },
  {
    of: BOX,
    scripts: ['publish-busy'],
    steps: ['q: publish'],
    srs: [
      'commandAmf0 csid=5 sid=1 len=102 "onFCPublish", 0, null, {code: "NetStream.Publish.Start", description: "Started publishing stream."}',
    ],
    instead: [
      'commandAmf0 csid=5 sid=1 len=149 "onStatus", 0, null, {level: "error", code: "NetStream.Publish.BadName", description: "__defaultVhost__/live/{name} is being published already"}',
    ],
    reason: 'a publisher hears that its stream is busy, where SRS accepts it and hangs up',
  },
  ...[0, 3].flatMap((encoding): Difference[] => [
    {
      of: ['mini-srs'],
      srs: [OF_SRS(encoding)],
      instead: [ofMini(encoding)],
      reason: 'mini-srs signs with its own name, and was written by others',
    },
    {
      of: BOX,
      srs: [OF_SRS(encoding)],
      instead: [ofBox(encoding)],
      reason: 'a box was written by others, and its ids tell which thread has the client',
    },
  ]),
];
