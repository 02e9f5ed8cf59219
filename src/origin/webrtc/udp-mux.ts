import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { looksLikeStun, parseStun, type StunMessage } from '../../protocol/webrtc/stun.js';
import type { ListenAddress } from '../conf/conf.js';
import { MuxMember, type MuxPeer } from './mux-member.js';

/** Most client addresses tracked; the oldest are evicted. */
const MAX_ADDRESSES = 8192;

/**
 * One UDP port for all sessions, whereas the library needs a port for each. A client's address is
 * known by its ICE checks, so it may change, and a new session may reuse an old one's address.
 */
export class UdpMux {
  readonly #socket: Socket;
  readonly #address: Pick<ListenAddress, 'host' | 'port'>;
  readonly #members = new Map<string, MuxMember>();
  readonly #byAddress = new Map<string, MuxMember>();

  /** Without a host it binds all IPv4 addresses. */
  constructor(address: Pick<ListenAddress, 'host' | 'port'>) {
    this.#address = address;
    this.#socket = createSocket(isIPv6(address.host ?? '') ? 'udp6' : 'udp4');
  }

  /** Binds the port. Rejects with the system's error if it is taken. */
  async open(): Promise<void> {
    const { host, port } = this.#address;
    this.#socket.bind({ port, exclusive: true, ...(host !== undefined && { address: host }) });
    await once(this.#socket, 'listening');
    this.#socket.on('message', (datagram, from) => this.#fromClient(datagram, from));
    this.#socket.on('error', () => {});
  }

  add(peer: MuxPeer): void {
    const member = new MuxMember(peer, (datagram, { address, port }) =>
      this.#socket.send(datagram, port, address, () => {}),
    );
    this.#members.set(peer.username, member);
  }

  remove(peer: MuxPeer): void {
    const member = this.#members.get(peer.username);
    if (member?.peer !== peer) return;
    this.#members.delete(peer.username);
    for (const [key, one] of this.#byAddress) if (one === member) this.#byAddress.delete(key);
    member.close();
  }

  async close(): Promise<void> {
    for (const { peer } of this.#members.values()) this.remove(peer);
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #fromClient(datagram: Buffer, from: RemoteInfo): void {
    const key = `${from.address} ${from.port}`;
    const check = looksLikeStun(datagram) ? readCheck(datagram) : null;
    const named = this.#members.get(check?.username ?? '');
    if (named) this.#remember(key, named);
    const member = named ?? this.#byAddress.get(key);
    if (check && named) named.check(datagram, check, from);
    else member?.fromClient(datagram);
  }

  #remember(key: string, member: MuxMember): void {
    this.#byAddress.delete(key);
    this.#byAddress.set(key, member);
    const [oldest] = this.#byAddress.size > MAX_ADDRESSES ? this.#byAddress.keys() : [];
    if (oldest !== undefined) this.#byAddress.delete(oldest);
  }
}

function readCheck(datagram: Buffer): StunMessage | null {
  const parsed = parseStun(datagram);
  return parsed.kind === 'value' && parsed.value.isBindingRequest ? parsed.value : null;
}
