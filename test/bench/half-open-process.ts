/** A process that keeps connections open on which nothing is said. */
import { connect } from 'node:net';

interface HalfOpenJob {
  readonly port: number;
  readonly connections: number;
  readonly addresses: number;
}

/** Milliseconds until a connection that was closed is opened again. */
const AGAIN_MS = 100;
/** So many are begun at a time: the listening queue holds a few hundred. */
const AT_ONCE = 200;

process.once('disconnect', () => process.exit());
process.once('message', ({ port, connections, addresses }: HalfOpenJob) => {
  let open = 0;
  let isTold = false;
  const begin = (n: number) => {
    const at = n % addresses;
    const localAddress = `127.9.${at >> 8}.${at & 255 || 1}`;
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    let isOpen = false;
    socket.on('error', () => {}).resume();
    socket.once('connect', () => {
      isOpen = true;
      open += 1;
      if (n + AT_ONCE < connections && !isTold) begin(n + AT_ONCE);
      if (open === connections && !isTold) {
        isTold = true;
        process.send?.('open');
      }
    });
    socket.once('close', () => {
      if (isOpen) open -= 1;
      setTimeout(begin, AGAIN_MS, n);
    });
  };
  for (let n = 0; n < Math.min(AT_ONCE, connections); n += 1) begin(n);
});
