import type { MessagePort } from 'node:worker_threads';
import type { ChildPorts, ChildRef } from '../../child/types.js';
import type { Role, StreamKey } from '../../stream-key.js';
import type { PeerVia } from '../peer/dial-peer.js';
import type { Fault, Route } from '../route.js';
import type { ThreadReport, ThreadRoute } from './thread-messages.js';

/** A route that the control thread keeps a hold for, until it is released or handed over. */
export class HeldRoute implements Route {
  readonly owner: ChildRef;
  readonly host: string;
  readonly ports: ChildPorts;
  readonly via?: PeerVia;
  readonly #hold: number;
  readonly #giveBack: (hold: number, fault?: Fault) => void;
  #isHeld = true;

  constructor(route: ThreadRoute, giveBack: (hold: number, fault?: Fault) => void) {
    const { hold, owner, host, ports, via } = route;
    this.owner = owner;
    this.host = host;
    this.ports = ports;
    if (via !== undefined) this.via = via;
    this.#hold = hold;
    this.#giveBack = giveBack;
  }

  release(fault?: Fault): void {
    if (this.#isHeld) this.#giveBack(this.#hold, fault);
    this.#isHeld = false;
  }

  /** The hold goes to whoever gets its number; `release` does nothing from here on. */
  handOver(): number {
    this.#isHeld = false;
    return this.#hold;
  }
}

/** A listener thread's line to the control thread. */
export class Control {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (route: HeldRoute | null) => void>();
  #calls = 0;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  say(report: ThreadReport, moved: ArrayBuffer[] = []): void {
    this.#port.postMessage(report, moved);
  }

  /** Asks where a client goes. */
  route(stream: StreamKey, role: Role): Promise<HeldRoute | null> {
    const call = this.#calls++;
    return new Promise((resolve) => {
      this.#waiting.set(call, resolve);
      this.say({ kind: 'route', call, stream, role });
    });
  }

  /** The answer to `route` has come. */
  routed(call: number, route: ThreadRoute | null): void {
    const release = (hold: number, fault?: Fault) => this.say({ kind: 'release', hold, fault });
    this.#waiting.get(call)?.(route && new HeldRoute(route, release));
    this.#waiting.delete(call);
  }
}
