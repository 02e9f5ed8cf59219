import { codeOf } from '../../errors.js';
import type { UdpEndpoint } from '../udp.js';
import { close } from './libc.js';
import {
  bindSocket,
  connectSocket,
  createSocket,
  SOCK_DGRAM,
  setReceiveBuffer,
} from './libc-sockets.js';
import { familyOf, nameOf } from './names.js';

/** Bytes that the child may send to one client while another program begins. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;

/**
 * A socket to this child alone, from an address of ours where one is named; null when this process
 * can open no more.
 */
export function openTowards(child: UdpEndpoint, from: string | null): number | null {
  const family = familyOf(child.ip);
  let socket = -1;
  try {
    socket = createSocket(family, SOCK_DGRAM);
    setReceiveBuffer(socket, RECEIVE_BUFFER);
    if (from !== null) bindWherePossible(socket, from);
    connectSocket(socket, nameOf(child, family));
    return socket;
  } catch {
    if (socket >= 0) close(socket);
    return null;
  }
}

/** An address that this machine does not have is left out. */
function bindWherePossible(socket: number, ip: string): void {
  try {
    bindSocket(socket, nameOf({ ip, port: 0 }, familyOf(ip)));
  } catch (error) {
    if (codeOf(error) !== 'EADDRNOTAVAIL') throw error;
  }
}
