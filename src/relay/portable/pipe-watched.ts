import type { Socket } from 'node:net';
import type { ClientWatch } from '../client-watch.js';

/**
 * Pipes a client's bytes to its child, heard by a watch, until that recalls the client: then
 * `recall` is called once, with the bytes that the child has not got, and the client paused.
 */
export function pipeWatched(
  client: Socket,
  child: Socket,
  watch: ClientWatch,
  recall: (bytes: Buffer) => void,
): void {
  const goOn = () => void client.resume();
  const end = () => void child.end();
  const leave = () => {
    client.off('data', said).off('end', end).pause();
    child.off('drain', goOn);
  };
  const said = (bytes: Buffer) => {
    const heard = watch.hear(bytes);
    if (heard !== 'pass') leave();
    if (heard === 'recall') {
      if (watch.before > 0) child.write(bytes.subarray(0, watch.before));
      recall(bytes.subarray(watch.before));
      return;
    }
    const hasRoom = child.write(bytes);
    if (heard === 'done') client.pipe(child);
    else if (!hasRoom) client.pause();
  };
  child.on('drain', goOn);
  client.on('data', said).on('end', end).resume();
}
