/** The answers to `publish`, as SRS gives them. */
import { encodeCommand } from './command.js';
import { MEDIA_STREAM_ID } from './identify.js';
import { ChunkStream, type RtmpMessage } from './message.js';

const ON_STREAM = { csid: ChunkStream.onStatus, streamId: MEDIA_STREAM_ID };
const START = { code: 'NetStream.Publish.Start', description: 'Started publishing stream.' };

/** Builds the message that only a publisher of FMLE's kind gets, before `publishStarted`. */
export function fcPublished(): RtmpMessage {
  const call = { name: 'onFCPublish', transactionId: 0, object: null, args: [START] };
  return encodeCommand(call, ON_STREAM);
}

/** Builds the message that a publisher is accepted. */
export function publishStarted(): RtmpMessage {
  const status = { level: 'status', ...START, clientid: 'ASAICiss' };
  const call = { name: 'onStatus', transactionId: 0, object: null, args: [status] };
  return encodeCommand(call, ON_STREAM);
}
