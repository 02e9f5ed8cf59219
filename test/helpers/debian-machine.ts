import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram, guard } from './programs.js';
import { until } from './until.js';

const RELEASE = 'bookworm';
const PACKAGES = 'systemd,systemd-sysv,dbus,procps,iproute2';
const CACHE = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
/** Exit code of systemd-nspawn when the machine wants to be started again. */
const REBOOT = 133;
/** An installed Debian, from which each machine is a copy. */
const INSTALLED = join(CACHE, 'srs-supervisor-test', RELEASE);

const MISSING = ['debootstrap', 'systemd-nspawn', 'nsenter'].filter((name) => !findProgram(name));

/** False, or why no Debian with systemd can be booted here. */
export const NO_MACHINE =
  (process.getuid?.() !== 0 && 'needs root') ||
  (MISSING.length > 0 && `needs ${MISSING.join(', ')}`);

export interface CommandOutcome {
  readonly status: number | null;
  readonly output: string;
}

/**
 * A Debian whose systemd is process 1, in a container with a loopback network of its own. Its disk
 * is kept when it reboots, and removed at the end.
 */
export class DebianMachine {
  readonly #folder: string;
  readonly #words: readonly string[];
  #container: ChildProcess;
  #console = '';

  private constructor(folder: string, words: readonly string[]) {
    this.#folder = folder;
    this.#words = words;
    this.#container = this.#start();
  }

  /** `shown`: absolute paths here, readable there at the given paths. */
  static async boot(shown: Readonly<Record<string, string>>): Promise<DebianMachine> {
    installOnce();
    const folder = mkdtempSync(join(tmpdir(), 'srs-debian-'));
    const root = join(folder, 'root');
    execFileSync('cp', ['--archive', INSTALLED, root]);
    const binds = Object.entries(shown).map(([here, there]) => `--bind-ro=${here}:${there}`);
    const how = ['--boot', '--register=no', '--keep-unit', '--private-network', '--quiet'];
    const name = `--machine=srs-test-${process.pid}`;
    const machine = new DebianMachine(folder, [...how, `--directory=${root}`, name, ...binds]);
    await machine.#untilBooted();
    return machine;
  }

  #start(): ChildProcess {
    const words = [...guard('KILL'), 'systemd-nspawn', ...this.#words];
    const [file = '', ...rest] = words;
    const container = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [container.stdout, container.stderr]) {
      stream?.on('data', (text: Buffer) => {
        this.#console = `${this.#console}${text}`.slice(-20_000);
      });
    }
    return container;
  }

  /** Reboots it as its administrator would; resolves when it is up again. */
  async reboot(): Promise<void> {
    const ended = once(this.#container, 'exit');
    this.run('systemctl reboot');
    const [code] = await ended;
    assert.equal(code, REBOOT, this.#console);
    this.#container = this.#start();
    await this.#untilBooted();
  }

  /** Resolves when systemd there has started what it starts at boot. */
  async #untilBooted(): Promise<void> {
    const isUp = () => {
      const { output } = this.run('systemctl is-system-running');
      return /^(running|degraded)/m.test(output);
    };
    await until(() => `a booted machine\n${this.#console}`, isUp);
    this.sh('ip link set lo up');
  }

  /** Process id here of process 1 there; null while it has none. */
  get pid(): number | null {
    const children = `/proc/${this.#container.pid}/task/${this.#container.pid}/children`;
    const pids = existsSync(children) ? readFileSync(children, 'utf8').trim().split(' ') : [];
    const found = pids.find((pid) => isInit(pid));
    return found === undefined ? null : Number(found);
  }

  /** Path of a file there, as seen here. */
  path(file: string): string {
    return join(this.#folder, 'root', file);
  }

  /** Arguments that make nsenter(1) run a program of ours in its network. */
  get network(): string[] {
    return [`--net=/proc/${this.pid}/ns/net`];
  }

  /** Runs a shell command there. */
  run(command: string): CommandOutcome {
    const { pid } = this;
    if (pid === null) return { status: null, output: 'no process 1' };
    const enter = ['-t', `${pid}`, '-m', '-u', '-i', '-n', '-p', '-C', '--'];
    const words = [...enter, '/bin/sh', '-c', command];
    const { status, stdout, stderr } = spawnSync('nsenter', words, {
      encoding: 'utf8',
      timeout: 120_000,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    });
    return { status, output: stdout + stderr };
  }

  /** Runs a shell command there; returns what it printed. @throws if it fails */
  sh(command: string): string {
    const { status, output } = this.run(command);
    if (status !== 0) throw new Error(`${command}: exit code ${status}\n${output}`);
    return output;
  }

  async close(): Promise<void> {
    const ended = once(this.#container, 'exit');
    if (this.#container.exitCode === null) {
      this.#container.kill('SIGTERM');
      const timer = setTimeout(() => this.#container.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function isInit(pid: string): boolean {
  const path = `/proc/${pid}/status`;
  // The last of the numbers is that of the innermost PID namespace.
  return existsSync(path) && /^NSpid:.*\t1$/m.test(readFileSync(path, 'utf8'));
}

/** Installs Debian into the cache, once. @throws if the mirror cannot be reached */
function installOnce(): void {
  if (existsSync(INSTALLED)) return;
  mkdirSync(dirname(INSTALLED), { recursive: true });
  const partial = `${INSTALLED}.${process.pid}`;
  const words = ['--variant=minbase', `--include=${PACKAGES}`, RELEASE, partial];
  const { status, stdout } = spawnSync('debootstrap', words, { encoding: 'utf8' });
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    throw new Error(`debootstrap: exit code ${status}\n${stdout.slice(-2000)}`);
  }
  renameSync(partial, INSTALLED);
}
