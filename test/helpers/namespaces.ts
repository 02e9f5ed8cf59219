import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs.js';
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

/** Marks the process that runs a test file's body. */
const INSIDE = 'TEST_IN_NAMESPACE';
export const isInside = process.env[INSIDE] !== undefined;

/** Runs this test file once more, in a network namespace of its own; answers its exit code and output. */
export async function runInside(file: string): Promise<{ code: unknown; output: string }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const script = 'ip link set lo up && exec "$0" --test-reporter=spec "$1"';
  const words = ['--net', 'sh', '-c', script, process.execPath, file];
  const inside = spawn('unshare', words, { env: { ...env, [INSIDE]: '1' } });
  let output = '';
  for (const stream of [inside.stdout, inside.stderr]) {
    stream.on('data', (text: Buffer) => {
      output += text;
    });
  }
  const [code] = await once(inside, 'close');
  return { code, output };
}

/** Addresses on our side of the wire, and on the clients'. */
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

/** Another namespace, of clients, with a wire to ours. */
export class FarSide {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async open(): Promise<FarSide> {
    const holder = spawn('unshare', ['--net', 'sleep', 'infinity']);
    const net = () => readlinkSync(`/proc/${holder.pid}/ns/net`);
    await until('a namespace', () => net() !== readlinkSync('/proc/self/ns/net'));
    const wire = `ip link add near type veth peer name far netns ${holder.pid}`;
    execFileSync('sh', ['-ec', [wire, ...NEAR_WIRE].join('\n')]);
    const side = new FarSide(holder);
    execFileSync('nsenter', [...side.#enter, 'sh', '-ec', FAR_WIRE.join('\n')]);
    return side;
  }

  /** Runs a compiled script of test/helpers there, with a channel to it. */
  fork(script: string): ChildProcess {
    const execArgv = [...this.#enter, process.execPath];
    return fork(join(import.meta.dirname, script), [], { execPath: 'nsenter', execArgv });
  }

  async close(): Promise<void> {
    const exited = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await exited;
  }

  get #enter(): string[] {
    return [`--net=/proc/${this.#holder.pid}/ns/net`];
  }
}
