import type { SessionEnd } from '../udp.js';
import type { Datagrams } from './datagrams.js';
import { endpointOf, localText } from './names.js';
import { MAX_STRANGERS, type SessionRef, type UdpReport } from './udp-protocol.js';

interface OpenReport {
  readonly strangers: UdpReport['strangers'][number][];
  readonly heard: UdpReport['heard'][number][];
  readonly ended: UdpReport['ended'][number][];
}

function emptyReport(): OpenReport {
  return { strangers: [], heard: [], ended: [] };
}

/** The reports of a UDP relay's thread to the control side. */
export class UdpReports {
  readonly #send: (report: UdpReport) => void;
  /** The number of datagrams that the control side has yet to see. */
  readonly #unseen: Int32Array;
  readonly #localFamily: number | null;
  #open = emptyReport();

  constructor(unseen: Int32Array, localFamily: number | null, send: (report: UdpReport) => void) {
    this.#unseen = unseen;
    this.#localFamily = localFamily;
    this.#send = send;
  }

  stranger(datagrams: Datagrams, index: number): void {
    if (!this.#hasRoom()) return;
    const from = endpointOf(datagrams.senderOf(index));
    const local = datagrams.localOf(index);
    const family = this.#localFamily;
    const known = local && family !== null ? { local: localText(local, family) } : {};
    this.#open.strangers.push({ datagram: datagrams.copyOf(index), from: { ...from, ...known } });
  }

  /** Reports a datagram from the child of a held session. */
  heard({ slot, generation }: SessionRef, datagrams: Datagrams, index: number): void {
    if (!this.#hasRoom()) return;
    this.#open.heard.push({ slot, generation, datagram: datagrams.copyOf(index) });
  }

  ended(slot: number, end: SessionEnd): void {
    this.#open.ended.push({ slot, end });
  }

  /** Sends the reports, if there are any. */
  send(): void {
    const { strangers, heard, ended } = this.#open;
    if (strangers.length === 0 && heard.length === 0 && ended.length === 0) return;
    this.#send(this.#open);
    this.#open = emptyReport();
  }

  /** Counts a datagram more; false: the control side does not keep up. */
  #hasRoom(): boolean {
    if (Atomics.load(this.#unseen, 0) >= MAX_STRANGERS) return false;
    Atomics.add(this.#unseen, 0, 1);
    return true;
  }
}
