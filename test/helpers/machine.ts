import { execFileSync } from 'node:child_process';
import { Namespace } from './namespaces.js';

/** Our addresses on the machines' network: the test's clients, and Redis. */
const HUB = '10.98.0.1';
export const REDIS_HOST = '10.98.0.254';
const SWITCH = 'hub';
const CUT = 'cut';

let machines = 0;

/** Makes this namespace the centre of the machines' network; call it once, inside `runInside`. */
export function openHub(): void {
  const bridge = `ip link add ${SWITCH} type bridge`;
  const lines = [bridge, `ip link set ${SWITCH} up`];
  lines.push(...[HUB, REDIS_HOST].map((ip) => `ip addr add ${ip}/24 dev ${SWITCH}`));
  runHere(...lines);
}

/** A network namespace with its own address, as a machine. */
export class Machine {
  readonly ip: string;
  readonly #space: Namespace;
  /** The other end of its wire. */
  readonly #port: string;

  private constructor(space: Namespace, ip: string, port: string) {
    this.#space = space;
    this.#port = port;
    this.ip = ip;
  }

  static async open(): Promise<Machine> {
    const number = ++machines;
    const port = `port${number}`;
    const machine = new Machine(await Namespace.open(), `10.98.0.${number + 1}`, port);
    const { pid } = machine.#space;
    runHere(
      `ip link add ${port} type veth peer name wire netns ${pid}`,
      `ip link set ${port} master ${SWITCH} up`,
    );
    const own = [`ip addr add ${machine.ip}/24 dev wire`, 'ip link set lo up'];
    machine.#space.run(...own, 'ip link set wire up');
    return machine;
  }

  /** Command prefix that runs a program there. */
  get enter(): string[] {
    return ['nsenter', ...this.#space.enter];
  }

  /** Drops all packets to and from an address without telling the sender. */
  cutOff(ip: string): void {
    this.#space.run(...dropping('wire', `saddr ${ip}`));
    runHere(...dropping(this.#port, `daddr ${ip}`));
  }

  heal(): void {
    this.#space.run(`nft delete table netdev ${CUT}`);
    runHere(`nft delete table netdev ${CUT}`);
  }

  /** Takes the wire down without notice, as a power failure would. */
  unplug(): void {
    this.#space.run('ip link set wire down');
  }

  /** Programs there must have ended. */
  close(): Promise<void> {
    return this.#space.close();
  }
}

function runHere(...lines: string[]): void {
  execFileSync('sh', ['-ec', lines.join('\n')]);
}

function dropping(device: string, packets: string): string[] {
  return [
    `nft add table netdev ${CUT}`,
    `nft add chain netdev ${CUT} in '{ type filter hook ingress device ${device} priority 0; }'`,
    `nft add rule netdev ${CUT} in ip ${packets} drop`,
  ];
}
