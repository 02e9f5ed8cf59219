import { DEFAULT_VHOST, resolveVhost } from '../../stream-key.js';
import { encodeMessage } from './chunk-writer.js';
import { setChunkSize, setPeerBandwidth, windowAckSize } from './control.js';
import { DEFAULT_CHUNK_SIZE, SERVER_CHUNK_SIZE } from './message.js';
import { parseStreamUrl } from './stream-url.js';

/** Sizes that a vhost tells its clients before the answer to `connect`, in bytes. */
export interface GreetingSizes {
  /** Window to acknowledge (RTMP 1.0 §5.4.4); 0: clients are told none. */
  readonly windowAck: number;
  /** Size of the server's chunks (§5.4.1). */
  readonly chunk: number;
}

/** The sizes of SRS where its config names no others. */
export const DEFAULT_SIZES: GreetingSizes = { windowAck: 2_500_000, chunk: SERVER_CHUNK_SIZE };
/** Bytes (§5.4.5); SRS has no directive for it. */
const PEER_BANDWIDTH = 2_500_000;
/** Limit type 2, dynamic (§5.4.5). */
const DYNAMIC = 2;
const DEFAULT_GREETING = encodeGreeting(DEFAULT_SIZES);

/** Returns the sizes of the vhost that a client connects to; `byVhost` includes the default one. */
export function sizesFor(
  tcUrl: string,
  byVhost: Readonly<Record<string, GreetingSizes>> | undefined,
): GreetingSizes {
  if (byVhost === undefined) return DEFAULT_SIZES;
  const url = parseStreamUrl(tcUrl, 'any');
  const asked = url.kind === 'value' ? url.value.vhost : DEFAULT_VHOST;
  return byVhost[resolveVhost(asked, Object.keys(byVhost))] ?? DEFAULT_SIZES;
}

/** Builds the messages that SRS sends before the answer to `connect`, in SRS's order. */
export function greeting(sizes: GreetingSizes): Buffer {
  return sizes === DEFAULT_SIZES ? DEFAULT_GREETING : encodeGreeting(sizes);
}

function encodeGreeting({ windowAck, chunk }: GreetingSizes): Buffer {
  const messages = [setPeerBandwidth(PEER_BANDWIDTH, DYNAMIC), setChunkSize(chunk)];
  if (windowAck > 0) messages.unshift(windowAckSize(windowAck));
  return Buffer.concat(messages.map((message) => encodeMessage(message, DEFAULT_CHUNK_SIZE)));
}
