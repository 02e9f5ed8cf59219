import { readFile } from 'node:fs/promises';

const SOCKETS = '/proc/net/udp6';
/** Time that a reading counts; a child that listens since then is relayed to meanwhile. */
const VALID_MS = 5000;

/** Ports that take datagrams for every IPv6 address; many children have IPv4 alone. */
export class IPv6Ports {
  readonly #now: () => number;
  #ports: ReadonlySet<number> = new Set();
  #validUntil = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | null = null;

  /** `now` in milliseconds, on a clock that is not set. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The ports of the last reading. */
  has(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Null while the last reading counts; else resolves with the next, and never rejects. */
  refresh(): Promise<void> | null {
    if (this.#now() < this.#validUntil) return null;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  /** A machine without the table has no IPv6. */
  async #read(): Promise<void> {
    this.#ports = wildcardPorts(await readFile(SOCKETS, 'latin1').catch(() => ''));
    this.#validUntil = this.#now() + VALID_MS;
  }
}

/** The ports of sockets that are bound to `::`. `table`: the text of /proc/net/udp6. */
export function wildcardPorts(table: string): Set<number> {
  const rows = table.matchAll(/^ *\d+: 0{32}:([\dA-F]{4}) /gm);
  return new Set(Array.from(rows, ([, port = '']) => Number.parseInt(port, 16)));
}
