import type { Amf0Object, Amf0Value } from '../../protocol/rtmp/amf0.js';
import { encodeAmf0 } from '../../protocol/rtmp/amf0.js';
import { encodeCommand } from '../../protocol/rtmp/command.js';
import { connectAnswer } from '../../protocol/rtmp/connect-answer.js';
import * as control from '../../protocol/rtmp/control.js';
import { ChunkStream, MessageType, type RtmpMessage } from '../../protocol/rtmp/message.js';
import { SIGNATURE, VERSION } from '../identity.js';
import { OUT_CHUNK_SIZE, STREAM_ID } from '../media/batch.js';

const WINDOW_ACK_SIZE = 2_500_000;
const ON_COMMAND = { csid: ChunkStream.command, streamId: 0 };
const DETAILS = { details: 'stream' };
const ON_STREAM = { csid: ChunkStream.onStatus, streamId: STREAM_ID };

/** A `_result` on the connection's own stream. */
export function result(transactionId: number, ...[object, ...args]: Amf0Value[]): RtmpMessage {
  return encodeCommand({ name: '_result', transactionId, object, args }, ON_COMMAND);
}

/** Returns the messages that follow a `connect`, in SRS's order. */
export function connected(
  transactionId: number,
  { clientId, serverIp, encoding }: { clientId: string; serverIp: string; encoding: number },
): RtmpMessage[] {
  const own = { signature: SIGNATURE, version: VERSION, ip: serverIp };
  const identity = { ...own, pid: process.pid, id: clientId };
  return [
    control.windowAckSize(WINDOW_ACK_SIZE),
    control.setPeerBandwidth(WINDOW_ACK_SIZE, control.PeerBandwidth.dynamic),
    control.setChunkSize(OUT_CHUNK_SIZE),
    result(transactionId, ...connectAnswer(identity, encoding)),
    encodeCommand({ name: 'onBWDone', transactionId: 0, object: null, args: [] }, ON_COMMAND),
  ];
}

function onStatus(name: string, status: Amf0Object): RtmpMessage {
  return encodeCommand({ name, transactionId: 0, object: null, args: [status] }, ON_STREAM);
}

function status(code: string, description: string, more: Amf0Object = {}): Amf0Object {
  return { level: 'status', code, description, ...more, clientid: 'ASAICiss' };
}

/** Returns the answers to FCUnpublish. */
export function unpublished(transactionId: number): RtmpMessage[] {
  const code = 'NetStream.Unpublish.Success';
  const description = 'Stop publishing stream.';
  return [
    onStatus('onFCUnpublish', { code, description }),
    { ...result(transactionId, null, undefined), streamId: STREAM_ID },
    onStatus('onStatus', status(code, 'Stream is now unpublished')),
  ];
}

/** Returns the messages to a player before any media. */
export function playStarted(): RtmpMessage[] {
  return [
    control.streamBegin(STREAM_ID),
    onStatus('onStatus', status('NetStream.Play.Reset', 'Playing and resetting stream.', DETAILS)),
    onStatus('onStatus', status('NetStream.Play.Start', 'Started playing stream.', DETAILS)),
    data('|RtmpSampleAccess', true, true),
  ];
}

/** Returns the answers to `pause`. */
export function paused(on: boolean): RtmpMessage[] {
  const [word, description] = on ? ['Pause', 'Paused stream.'] : ['Unpause', 'Unpaused stream.'];
  const code = `NetStream.${word}.Notify`;
  const event = on ? control.streamEof : control.streamBegin;
  return [onStatus('onStatus', { level: 'status', code, description }), event(STREAM_ID)];
}

function data(...values: Amf0Value[]): RtmpMessage {
  const payload = encodeAmf0(...values);
  return { ...ON_STREAM, timestamp: 0, typeId: MessageType.dataAmf0, payload };
}
