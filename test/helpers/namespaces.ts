import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Origin, origins } from './origins.js';
import { findProgram, guard } from './programs.js';
import { until } from './until.js';

const MISSING = ['unshare', 'nsenter', 'ip', 'nft'].filter((name) => findProgram(name) === null);

/** False, or why no network namespace with nftables can be made here. */
export const NO_NAMESPACES = whyNot();

function whyNot(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (MISSING.length > 0) return `needs ${MISSING.join(', ')}`;
  const table = 'nft add table inet t "{ flags owner; }"';
  return spawnSync('unshare', ['--net', 'sh', '-c', table]).status !== 0 && 'no nftables here';
}

/** Set in the process that runs a test file's body. */
const INSIDE = 'TEST_IN_NAMESPACE';
export const isInside = process.env[INSIDE] !== undefined;

/** The origin that a run inside is for; null: all of them. */
const insideOf = process.env.TEST_ORIGIN ?? null;

/** Returns the origins that this run inside a namespace is for; outside there are none. */
export function originsInside(): Origin[] {
  return isInside ? origins().filter(({ name }) => insideOf === null || name === insideOf) : [];
}

/**
 * Runs this test file again in a new network namespace, for one origin or for all; returns exit
 * code and output.
 */
export async function runInside(
  file: string,
  origin?: Origin,
): Promise<{ code: unknown; output: string }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const script = 'ip link set lo up && exec "$0" --test-reporter=spec "$1"';
  const only = origin === undefined ? {} : { TEST_ORIGIN: origin.name };
  const words = ['--net', 'sh', '-c', script, process.execPath, file];
  const inside = spawn('unshare', words, { env: { ...env, [INSIDE]: '1', ...only } });
  let output = '';
  for (const stream of [inside.stdout, inside.stderr]) {
    stream.on('data', (text: Buffer) => {
      output += text;
    });
  }
  const [code] = await once(inside, 'close');
  return { code, output };
}

/** Addresses of our end of the wire, and of the clients'. */
export const NEAR = { ip: '10.99.0.1', other: '10.99.0.9', ip6: 'fd99::1' };
export const FAR = { ip: '10.99.0.2', other: '10.99.0.3', ip6: 'fd99::2' };

const NEAR_WIRE = [
  `ip addr add ${NEAR.ip}/24 dev near`,
  `ip addr add ${NEAR.other}/24 dev near`,
  `ip addr add ${NEAR.ip6}/64 dev near nodad`,
  'ip link set near up',
];
const FAR_WIRE = [
  `ip addr add ${FAR.ip}/24 dev far`,
  `ip addr add ${FAR.other}/24 dev far`,
  `ip addr add ${FAR.ip6}/64 dev far nodad`,
  'ip link set far up',
];

/** A network namespace, which ends with this process in any case. */
export class Namespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<Namespace> {
    const [program = '', ...words] = [...guard('KILL'), 'unshare', '--net', 'sleep', 'infinity'];
    const holder = spawn(program, words);
    const net = () => readlinkSync(`/proc/${holder.pid}/ns/net`);
    await until('a namespace', () => net() !== readlinkSync('/proc/self/ns/net'));
    return new Namespace(holder);
  }

  /** Process id by which `ip link` finds it. */
  get pid(): number {
    return this.#holder.pid ?? 0;
  }

  /** Arguments of nsenter(1), before the program. */
  get enter(): string[] {
    return [`--net=/proc/${this.pid}/ns/net`];
  }

  /** Runs shell commands there. Throws if one fails. */
  run(...lines: string[]): void {
    execFileSync('nsenter', [...this.enter, 'sh', '-ec', lines.join('\n')]);
  }

  async close(): Promise<void> {
    const exited = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await exited;
  }
}

/** Reports whether a TCP connection is accepted; dropped packets take the time limit. */
async function reaches({ ip, port }: Place, behind: readonly string[]): Promise<boolean> {
  const script = `exec 3<>/dev/tcp/${ip}/${port}`;
  const [program = '', ...words] = [...behind, 'timeout', '1', 'bash', '-c', script];
  const [code] = await once(spawn(program, words, { stdio: 'ignore' }), 'exit');
  return code === 0;
}

export interface Place {
  readonly ip: string;
  readonly port: number;
}

/** Connects from this namespace. */
export function reachesHere(place: Place): Promise<boolean> {
  return reaches(place, []);
}

/** A namespace for clients, with a wire to ours. */
export class FarSide {
  readonly #space: Namespace;

  private constructor(space: Namespace) {
    this.#space = space;
  }

  static async open(): Promise<FarSide> {
    const space = await Namespace.open();
    const wire = `ip link add near type veth peer name far netns ${space.pid}`;
    execFileSync('sh', ['-ec', [wire, ...NEAR_WIRE].join('\n')]);
    space.run(...FAR_WIRE);
    return new FarSide(space);
  }

  /** Forks a compiled script of test/helpers there, with an IPC channel. */
  fork(script: string): ChildProcess {
    const execArgv = [...this.#space.enter, process.execPath];
    return fork(join(import.meta.dirname, script), [], { execPath: 'nsenter', execArgv });
  }

  reaches(place: Place): Promise<boolean> {
    return reaches(place, ['nsenter', ...this.#space.enter]);
  }

  close(): Promise<void> {
    return this.#space.close();
  }
}
