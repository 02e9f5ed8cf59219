import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../helpers/ports.js';
import { until } from '../../helpers/until.js';

const SERVER = join(import.meta.dirname, 'server.js');
const NGINX_STREAM = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** A relay under test. `direct` is none: players reach the source itself. */
export interface Peer {
  readonly name: string;
  readonly port: number;
  /** null: nothing runs between. */
  readonly process: ChildProcess | null;
}

type Start = (childPort: number, folder: string) => Promise<Peer | null>;

/**
 * How it is set as a rule: it splices once a connection has sent much in one go, and forgets that.
 */
const HAPROXY_AUTO = { global: [], defaults: [' option splice-auto'] };
/**
 * The cheapest that it can be set to for this load: always splices, a burst of a stream at once.
 */
const HAPROXY_BEST = {
  global: [' maxpipes 1000', ' tune.pipesize 262144'],
  defaults: [' option splice-request', ' option splice-response'],
};

/** Every relay there may be; one that is not installed answers null. */
export const PEERS: Readonly<Record<string, Start>> = {
  direct: async (port) => ({ name: 'direct', port, process: null }),
  native: (childPort) => ours('native', childPort),
  portable: (childPort) => ours('portable', childPort),
  haproxy: (childPort, folder) => startHaproxy('haproxy', HAPROXY_BEST, childPort, folder),
  'haproxy auto': (childPort, folder) =>
    startHaproxy('haproxy auto', HAPROXY_AUTO, childPort, folder),
  nginx: startNginx,
};

/** Our own relay by itself; `program`: its TCP side, or its UDP side. */
export async function ours(name: string, childPort: number, program = SERVER): Promise<Peer> {
  const child = fork(program, [name, `${childPort}`]);
  const [port] = (await once(child, 'message')) as [number];
  return { name, port, process: child };
}

async function startHaproxy(
  name: string,
  { global, defaults }: typeof HAPROXY_BEST,
  childPort: number,
  folder: string,
): Promise<Peer | null> {
  if (!existsSync('/usr/sbin/haproxy')) return null;
  const port = await freePort();
  const file = join(folder, `${name}.cfg`);
  await writeFile(
    file,
    [
      'global',
      ' nbthread 1',
      ' maxconn 2000',
      ...global,
      'defaults',
      ' mode tcp',
      ' timeout connect 5s',
      ' timeout client 1h',
      ' timeout server 1h',
      ...defaults,
      'listen relay',
      ` bind 127.0.0.1:${port}`,
      ` server source 127.0.0.1:${childPort}`,
      '',
    ].join('\n'),
  );
  return started(
    name,
    port,
    spawn('/usr/sbin/haproxy', ['-db', '-q', '-f', file], { stdio: 'inherit' }),
  );
}

async function startNginx(childPort: number, folder: string): Promise<Peer | null> {
  const port = await freePort();
  const child = await spawnNginx(`127.0.0.1:${port}`, childPort, folder);
  return child && started('nginx', port, child);
}

/** nginx's stream relay at this address (`… udp` for datagrams); null where there is none. */
export async function spawnNginx(
  address: string,
  childPort: number,
  folder: string,
): Promise<ChildProcess | null> {
  if (!existsSync(NGINX_STREAM)) return null;
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    [
      `load_module ${NGINX_STREAM};`,
      'daemon off;',
      'master_process off;',
      `pid ${folder}/nginx.pid;`,
      'error_log stderr crit;',
      'events { worker_connections 4000; }',
      `stream { server { listen ${address}; proxy_pass 127.0.0.1:${childPort}; proxy_timeout 1h; } }`,
      '',
    ].join('\n'),
  );
  return spawn('/usr/sbin/nginx', ['-c', file, '-p', folder], { stdio: 'inherit' });
}

/** Resolves when the port answers. */
export async function started(name: string, port: number, child: ChildProcess): Promise<Peer> {
  await until(`${name} answers`, () => answers(port));
  return { name, port, process: child };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export async function stop({ process: child }: Peer): Promise<void> {
  if (child === null || child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/** CPU time of a process with all its threads, ms: exact, where /proc/PID/stat counts in tens. */
export function cpuMs(pid: number): number {
  return [...threadsMs(pid).values()].reduce((sum, ms) => sum + ms, 0);
}

/** CPU time of each thread of a process, ms. */
export function threadsMs(pid: number): Map<string, number> {
  const task = `/proc/${pid}/task`;
  const nanoseconds = (thread: string) =>
    Number(readFileSync(`${task}/${thread}/schedstat`, 'utf8').split(' ')[0]);
  return new Map(readdirSync(task).map((thread) => [thread, nanoseconds(thread) / 1e6]));
}

/** CPU time of the whole machine, ms. */
export function systemMs(): number {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return 10 * (user! + nice! + system! + irq! + softirq!);
}
