import type { Server } from 'node:net';
import { descriptorOf } from '../../system/descriptor-of.js';
import type { Accepted } from '../relay.js';
import { close } from './libc.js';
import { AcceptCall } from './libc-sockets.js';
import { endpointOf } from './names.js';

const call = new AcceptCall();

/** Takes the next connection that waits at a server of Node's; null: none, or it cannot be had. */
export function acceptNext(server: Server): Accepted | null {
  const listening = descriptorOf(server);
  if (listening === null) return null;
  const fd = call.accept(listening);
  if (fd < 0) return null;
  return { fd, ip: endpointOf(call.name).ip, close: () => close(fd) };
}
