import { once } from 'node:events';
import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
} from 'node:http';
import { codeOf } from '../../errors.js';
import { readBody } from '../../system/read-body.js';

/** A request to a child's HTTP API. */
export interface ChildQuestion {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ChildAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An SDP answer has a few KB, a list of ten thousand clients some MB. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Asks a child and waits for all of its answer. Null where it closed the connection without one, as
 * SRS does with all that it refuses. Rejects with the system's error, or with the signal's reason.
 */
export async function askChild(
  target: { readonly host: string; readonly port: number },
  { method, path, headers, body }: ChildQuestion,
  signal: AbortSignal,
): Promise<ChildAnswer | null> {
  const asked = request({ ...target, method, path, headers, signal, agent: false });
  asked.end(body);
  try {
    const response = await responseOf(asked);
    if (response === null) return null;
    const { statusCode: status = 0, headers: answered } = response;
    return { status, headers: answered, body: await readBody(response, MAX_ANSWER_BYTES) };
  } finally {
    asked.on('error', () => {}).destroy();
  }
}

/** Null: the child accepted the connection and closed it. */
async function responseOf(asked: ClientRequest): Promise<IncomingMessage | null> {
  let isConnected = false;
  asked.once('socket', (socket) =>
    socket.once('connect', () => {
      isConnected = true;
    }),
  );
  try {
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return response;
  } catch (error) {
    if (isConnected && codeOf(error) === 'ECONNRESET') return null;
    throw error;
  }
}
