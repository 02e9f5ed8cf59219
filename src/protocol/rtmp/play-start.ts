/** Message ids of the status messages that SRS sends to a player. */
import { type Amf0Object, asWhole, decodeAmf0, encodeAmf0 } from './amf0.js';
import { decodeCommand, encodeCommand } from './command.js';
import { parseUserControl, streamBegin, streamEof, UserControlEvent } from './control.js';
import { MEDIA_STREAM_ID } from './identify.js';
import { ChunkStream, MessageType, type RtmpMessage } from './message.js';

const ON_STREAM = { csid: ChunkStream.onStatus, streamId: MEDIA_STREAM_ID };
const SAMPLE_ACCESS = '|RtmpSampleAccess';
const RESET = 'NetStream.Play.Reset';
const START = 'NetStream.Play.Start';

/** One message of the answer to `play`. */
export type PlayStep = (typeof PLAY_STEPS)[number];
/** The messages in SRS's order. */
export const PLAY_STEPS = ['begin', 'reset', 'start', 'access'] as const;

/** Builds the complete answer to `play`; SRS sends it whether or not the stream is published. */
export function playStarted(): RtmpMessage[] {
  return [
    streamBegin(MEDIA_STREAM_ID),
    onStatus(playStatus(RESET, 'Playing and resetting stream.')),
    onStatus(playStatus(START, 'Started playing stream.')),
    sampleAccess(),
  ];
}

/** Builds the answer to `pause` (`on`) or unpause. */
export function pauseAnswer(on: boolean): RtmpMessage[] {
  const [word, description] = on ? ['Pause', 'Paused stream.'] : ['Unpause', 'Unpaused stream.'];
  const status = { level: 'status', code: `NetStream.${word}.Notify`, description };
  return [onStatus(status), on ? streamEof(MEDIA_STREAM_ID) : streamBegin(MEDIA_STREAM_ID)];
}

/** Builds the answer to a call that SRS does not know. */
export function callAnswer(transactionId: number): RtmpMessage {
  const ids = { csid: ChunkStream.command, streamId: 0 };
  const result = { name: '_result', transactionId, object: null, args: [null] };
  return encodeCommand(result, ids);
}

/** Returns which part of the answer to `play` a message is, or null for any other message. */
export function playStepOf(message: RtmpMessage): PlayStep | null {
  const { typeId, payload } = message;
  if (typeId === MessageType.userControl) {
    const control = parseUserControl(payload);
    const begins = control.kind === 'value' && control.value.event === UserControlEvent.streamBegin;
    return begins ? 'begin' : null;
  }
  if (typeId === MessageType.dataAmf0) {
    const name = asWhole(decodeAmf0(payload));
    return name.kind === 'value' && name.value === SAMPLE_ACCESS ? 'access' : null;
  }
  const code = codeOf(message);
  if (code === RESET) return 'reset';
  return code === START ? 'start' : null;
}

/** Reports whether a message that a server sends to its player is about what that plays. */
export function isForPlayer(message: RtmpMessage): boolean {
  switch (message.typeId) {
    case MessageType.audio:
    case MessageType.video:
    case MessageType.aggregate:
      return true;
    case MessageType.dataAmf0:
    case MessageType.dataAmf3:
      return playStepOf(message) === null;
    case MessageType.commandAmf0:
    case MessageType.commandAmf3:
      return codeOf(message) !== null && playStepOf(message) === null;
    default:
      return false;
  }
}

/** Returns the status code of an `onStatus`, or null. */
function codeOf(message: RtmpMessage): unknown {
  const command = decodeCommand(message);
  if (command.kind !== 'value' || command.value.name !== 'onStatus') return null;
  const [status] = command.value.args;
  return typeof status === 'object' && status !== null ? Reflect.get(status, 'code') : null;
}

function playStatus(code: string, description: string): Amf0Object {
  return { level: 'status', code, description, details: 'stream', clientid: 'ASAICiss' };
}

function onStatus(status: Amf0Object): RtmpMessage {
  return encodeCommand(
    { name: 'onStatus', transactionId: 0, object: null, args: [status] },
    ON_STREAM,
  );
}

function sampleAccess(): RtmpMessage {
  const payload = encodeAmf0(SAMPLE_ACCESS, true, true);
  return { ...ON_STREAM, timestamp: 0, typeId: MessageType.dataAmf0, payload };
}
