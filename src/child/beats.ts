import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { messageOf } from '../errors.js';
import { LimitedLines } from '../logging/limited-lines.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { listenAt } from '../system/open-ports.js';
import { type Beat, MOST_BYTES, parseBeat } from './beat-request.js';
import type { KeptFleet } from './kept.js';
import { Pulse, type PulseTimes } from './pulse.js';

/** The last process of a child. */
interface Expected {
  readonly generation: number;
  readonly path: string;
  /** Null: it has ended, and its last heartbeats may still come. */
  pulse: Pulse | null;
}

export interface BeatsOptions {
  readonly times: PulseTimes;
  /** Returns the process of a child; null: it has none. */
  readonly pidOf: (id: string) => number | null;
  readonly logger: Logger;
}

const HOST = '127.0.0.1';
/** SRS ignores the status; it ends the connection when it has the answer. */
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
/** Open connections, of children and of whoever else finds the port. */
const MOST_CONNECTIONS = 1024;
/** Parts in which a request may come: SRS sends one or two. */
const MOST_PARTS = 32;
/** Milliseconds for a whole request. */
const REQUEST_MS = 5_000;

/**
 * The children's heartbeats: a port on loopback with a path for each process of a child. The path
 * has a secret that only this process is given, so that nobody else can speak for it.
 */
export class Beats {
  #secret: Uint8Array = randomBytes(32);
  readonly #expected = new Map<string, Expected>();
  readonly #sockets = new Set<Socket>();
  readonly #lines = new LimitedLines();
  readonly #options: BeatsOptions;
  readonly #logger: Logger;
  readonly #server: Server;

  constructor(options: BeatsOptions) {
    this.#options = options;
    this.#logger = options.logger;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /**
   * Opens the port. Without one, which is logged, children are told to send nothing, and are probed
   * instead. `kept`: children that know their paths already.
   */
  async open(kept: KeptFleet | null = null): Promise<void> {
    this.#secret = kept?.beatSecret ?? this.#secret;
    for (const { id, generation } of kept?.children ?? []) {
      this.#expected.set(id, { generation, path: this.#path({ id, generation }), pulse: null });
    }
    const failure = await new Promise<Error | null>((resolve) => {
      this.#server.once('error', resolve).once('listening', () => resolve(null));
      listenAt(this.#server, 'heartbeats', { host: HOST, port: 0 });
    });
    this.#server.on('error', () => {});
    if (failure === null) return;
    const text = 'no port for the heartbeats of children: they are asked instead, which costs CPU';
    this.#logger.warn({ reason: messageOf(failure) }, text);
  }

  /** The secret of the paths. */
  get secret(): Uint8Array {
    return this.#secret;
  }

  /** Returns the URL for the heartbeats of one process; null if there is no port. */
  urlFor(ref: OwnerRef): string | null {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) return null;
    return `http://${HOST}:${address.port}${this.#path(ref)}`;
  }

  /** Returns what is told of the heartbeats of a process, until `end`. */
  begin(ref: OwnerRef): Pulse {
    const pulse = new Pulse(this.#options.times);
    const { id, generation } = ref;
    this.#expected.set(id, { generation, path: this.#path(ref), pulse });
    return pulse;
  }

  /** Notes that a process stands still. */
  still(pid: number): void {
    for (const [id, { pulse }] of this.#expected) {
      if (this.#options.pidOf(id) === pid) pulse?.still();
    }
  }

  /** Notes the end of a process. */
  end(ref: OwnerRef): void {
    const expected = this.#of(ref);
    if (expected !== null) expected.pulse = null;
  }

  /** Notes that a client could not connect to that process. */
  suspect(ref: OwnerRef): void {
    this.#of(ref)?.pulse?.suspect();
  }

  /** Closes the port and its connections. */
  close(): void {
    this.#expected.clear();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #of({ id, generation }: OwnerRef): Expected | null {
    const expected = this.#expected.get(id);
    return expected?.generation === generation ? expected : null;
  }

  #path({ id, generation }: OwnerRef): string {
    const mac = createHmac('sha256', this.#secret).update(`${id} ${generation}`);
    return `/beat/${id}/${generation}/${mac.digest('base64url')}`;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    let bytes: Buffer = Buffer.alloc(0);
    let parts = 0;
    socket.setTimeout(REQUEST_MS, () => socket.destroy());
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    socket.on('data', (part: Buffer) => {
      parts += 1;
      bytes = bytes.length === 0 ? part : Buffer.concat([bytes, part]);
      const beat = parseBeat(bytes);
      const isOver = beat === 'invalid' || parts > MOST_PARTS || bytes.length > MOST_BYTES;
      if (isOver) socket.destroy();
      else if (beat !== 'incomplete') {
        this.#take(beat);
        socket.end(ANSWER);
      }
    });
  }

  #take(beat: Beat): void {
    const expected = this.#expected.get(beat.device);
    if (expected === undefined || !isSame(expected.path, beat.path)) {
      this.#refuse(beat, 'not the path of this child');
    } else if (expected.pulse !== null && beat.pid !== this.#options.pidOf(beat.device)) {
      this.#refuse(beat, 'another pid than that of the child');
    } else {
      expected.pulse?.beat();
    }
  }

  #refuse({ device, pid }: Beat, why: string): void {
    const about = () => ({ device: device.slice(0, 64), pid, why });
    this.#lines.write(this.#logger, 'warn', 'heartbeat refused: it is not from a child', about);
  }
}

/** Compares secrets in a time that tells nothing of them. */
function isSame(own: string, told: string): boolean {
  const [one, other] = [Buffer.from(own), Buffer.from(told)];
  return one.length === other.length && timingSafeEqual(one, other);
}
