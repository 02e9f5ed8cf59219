import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dialPort } from './sockets.js';
import { until } from './until.js';

/** A port that haproxy forwards, and its PROXY protocol option. */
export interface Forwarded {
  readonly from: number;
  readonly to: number;
  readonly option: 'send-proxy' | 'send-proxy-v2';
}

/** A haproxy of the test, as users put it before a box. */
export class Haproxy {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Resolves when it forwards. */
  static async start(folder: string, ports: readonly Forwarded[]): Promise<Haproxy> {
    const sections = ports.map(
      ({ from, to, option }) =>
        `listen p${from}\n  bind 127.0.0.1:${from}\n  server s 127.0.0.1:${to} ${option}\n`,
    );
    const times = '  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n';
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, `defaults\n  mode tcp\n${times}${sections.join('')}`);
    const process = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
    const haproxy = new Haproxy(process);
    for (const { from } of ports) {
      await until('haproxy listens', () => isOpen(from));
    }
    return haproxy;
  }

  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'close');
  }
}

/** Connects as a client: binding the port to test it could take it from haproxy. */
async function isOpen(port: number): Promise<boolean> {
  const socket = await dialPort(port).catch(() => null);
  socket?.destroy();
  return socket !== null;
}
