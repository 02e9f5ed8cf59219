import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Requests that were answered whole. */
export interface Load {
  readonly requests: number;
  readonly bytes: number;
}

const HEAD_END = '\r\n\r\n';

/**
 * GETs over `connections` kept alive, each with one request under way, for so long. Throws for an
 * answer that is not 200 with a length.
 */
export async function httpLoad(
  port: number,
  paths: readonly string[],
  connections: number,
  ms: number,
): Promise<Load> {
  const end = performance.now() + ms;
  const clients = Array.from({ length: connections }, (_, at) => client(port, paths, at, end));
  const loads = await Promise.all(clients);
  return {
    requests: loads.reduce((sum, { requests }) => sum + requests, 0),
    bytes: loads.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function client(
  port: number,
  paths: readonly string[],
  first: number,
  end: number,
): Promise<Load> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let [requests, bytes] = [0, 0];
  while (performance.now() < end) {
    const path = paths[(first + requests) % paths.length] ?? '/';
    bytes += await exchange(socket, path);
    requests += 1;
  }
  socket.destroy();
  return { requests, bytes };
}

function exchange(socket: Socket, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let head = '';
    let left = Infinity;
    let size = 0;
    const settle = (error: Error | null) => {
      socket.off('data', onData).off('error', settle);
      return error === null ? resolve(size) : reject(error);
    };
    const onData = (bytes: Buffer) => {
      left -= bytes.length;
      if (left === Infinity) {
        head += bytes.toString('latin1');
        const headEnd = head.indexOf(HEAD_END);
        if (headEnd < 0) return;
        size = lengthOf(head.slice(0, headEnd));
        left = size + headEnd + HEAD_END.length - head.length;
      }
      if (Number.isNaN(left)) settle(new Error(`${path}: ${head.slice(0, 200)}`));
      else if (left <= 0) settle(null);
    };
    socket.on('data', onData).on('error', settle);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  });
}

function lengthOf(head: string): number {
  if (!head.startsWith('HTTP/1.1 200 ')) return NaN;
  return Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? NaN);
}
