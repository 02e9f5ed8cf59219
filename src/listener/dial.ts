import { connect, type Socket } from 'node:net';

/** Target of a dial, and its local address (null: the kernel's choice). */
export interface DialTarget {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string | null;
}

/**
 * Opens a TCP connection to a child; resolves when it is established. Rejects with Node's system
 * error, or with the signal's reason.
 */
export function dial(target: DialTarget, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const { host, port, localAddress } = target;
    const from = localAddress === null ? {} : { localAddress };
    const socket = connect({ host, port, ...from, allowHalfOpen: true, noDelay: true });
    const settle = (error: unknown) => {
      signal.removeEventListener('abort', onAbort);
      socket.off('error', settle).off('connect', onConnect);
      if (error === null) return resolve(socket);
      socket.on('error', () => {}).destroy();
      reject(error);
    };
    const onAbort = () => settle(signal.reason);
    const onConnect = () => settle(null);
    signal.addEventListener('abort', onAbort);
    socket.on('error', settle).on('connect', onConnect);
  });
}
