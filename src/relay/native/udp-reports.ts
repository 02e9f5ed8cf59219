import type { SessionEnd } from '../udp.js';
import type { Datagrams } from './datagrams.js';
import { endpointOf } from './names.js';
import { MAX_STRANGERS, type UdpReport } from './udp-protocol.js';

interface OpenReport {
  readonly strangers: UdpReport['strangers'][number][];
  readonly heard: UdpReport['heard'][number][];
  readonly ended: UdpReport['ended'][number][];
}

function emptyReport(): OpenReport {
  return { strangers: [], heard: [], ended: [] };
}

/** What a UDP relay's thread has to tell the control side. */
export class UdpReports {
  readonly #send: (report: UdpReport) => void;
  /** How many datagrams the control side has yet to see. */
  readonly #unseen: Int32Array;
  #open = emptyReport();

  constructor(unseen: Int32Array, send: (report: UdpReport) => void) {
    this.#unseen = unseen;
    this.#send = send;
  }

  stranger(datagrams: Datagrams, index: number): void {
    if (!this.#hasRoom()) return;
    const from = endpointOf(datagrams.senderOf(index));
    this.#open.strangers.push({ datagram: datagrams.copyOf(index), from });
  }

  /** What the child of a held session sent. */
  heard(
    { slot, generation }: { readonly slot: number; readonly generation: number },
    datagrams: Datagrams,
    index: number,
  ): void {
    if (!this.#hasRoom()) return;
    this.#open.heard.push({ slot, generation, datagram: datagrams.copyOf(index) });
  }

  ended(slot: number, end: SessionEnd): void {
    this.#open.ended.push({ slot, end });
  }

  /** Tells what there is to tell. */
  send(): void {
    const { strangers, heard, ended } = this.#open;
    if (strangers.length === 0 && heard.length === 0 && ended.length === 0) return;
    this.#send(this.#open);
    this.#open = emptyReport();
  }

  /** Whether the control side keeps up with what it is told. */
  #hasRoom(): boolean {
    if (Atomics.load(this.#unseen, 0) >= MAX_STRANGERS) return false;
    Atomics.add(this.#unseen, 0, 1);
    return true;
  }
}
