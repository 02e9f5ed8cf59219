import { type ChildProcess, fork, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_VHOST } from '../../src/stream-key.js';
import { freePort } from '../helpers/ports.js';
import { until } from '../helpers/until.js';
import { httpLoad } from './http-load.js';
import { cpuDuring } from './measure.js';
import { median, type Row, report, round } from './report.js';

const SERVER = join(import.meta.dirname, 'hls-server.js');
const NGINX = '/usr/sbin/nginx';
const KILOBYTES = [200, 500, 1500];
const SEGMENTS = 6;
const CONNECTIONS = 16;
const TURN_MS = 2000;
const TURNS = 5;

/** A server of the same files. */
interface Server {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
}

/** Segments of the size of real ones, from us and from nginx, in turn so that noise meets both. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-bench-'));
  const root = join(folder, 'c001-1', DEFAULT_VHOST);
  const ours = fork(SERVER, [folder]);
  const [port] = (await once(ours, 'message')) as [number];
  const nginx = await startNginx(folder, root);
  const servers = [{ name: 'ours', port, pid: ours.pid ?? 0 }, ...(nginx ? [nginx.server] : [])];
  try {
    const rows: Row[] = [];
    for (const size of KILOBYTES) rows.push(...(await measure(servers, root, size)));
    const title = `requests per CPU second, ${CONNECTIONS} connections, medians of ${TURNS} turns`;
    await report('hls', title, rows);
  } finally {
    for (const process of [ours, ...(nginx ? [nginx.process] : [])]) {
      process.kill('SIGTERM');
      await once(process, 'exit');
    }
    await rm(folder, { recursive: true });
  }
}

async function measure(servers: readonly Server[], root: string, size: number): Promise<Row[]> {
  const names = await writeSegments(root, size);
  const results = servers.map(() => [] as number[]);
  // The first turn warms up.
  for (let turn = -1; turn < TURNS; turn += 1) {
    for (const [which, server] of servers.entries()) {
      const requests = await perCpuSecond(server, names);
      if (turn >= 0) results[which]?.push(requests);
    }
  }
  const peer = median(results.at(-1) ?? []);
  return servers.map(({ name }, which) => {
    const requests = median(results[which] ?? []);
    const values = { 'requests/CPU s': Math.round(requests), 'of nginx': round(requests / peer) };
    return { name: `${size} KB, ${name}`, values };
  });
}

async function perCpuSecond({ port, pid }: Server, names: readonly string[]) {
  const paths = names.map((name) => `/live/${name}`);
  let requests = 0;
  const [seconds = 0] = await cpuDuring([pid], async () => {
    ({ requests } = await httpLoad(port, paths, CONNECTIONS, TURN_MS));
  });
  return requests / seconds;
}

async function writeSegments(root: string, size: number): Promise<string[]> {
  const now = Date.now();
  const names = Array.from({ length: SEGMENTS }, (_, at) => `s${size}-c001-1-${at}-${now}.ts`);
  await mkdir(join(root, 'live'), { recursive: true });
  for (const name of names) await writeFile(join(root, 'live', name), randomBytes(size * 1000));
  return names;
}

/** As it is set up for files: one worker, sendfile, no log. */
async function startNginx(
  folder: string,
  root: string,
): Promise<{ server: Server; process: ChildProcess } | null> {
  if (!existsSync(NGINX)) return null;
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
    ${process.getuid?.() === 0 ? 'user root;' : ''} events { worker_connections 512; }
    http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
      types { video/MP2T ts; } server { listen 127.0.0.1:${port}; root ${root}; } }`,
  );
  const master = spawn(NGINX, ['-p', folder, '-c', file], { stdio: 'ignore' });
  const pid = await until('a worker of nginx', () => childOf(master.pid ?? 0));
  return { server: { name: 'nginx', port, pid }, process: master };
}

function childOf(parent: number): number | undefined {
  const isChild = (pid: string) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  };
  return (
    Number(readdirSync('/proc').find((name) => /^\d+$/.test(name) && isChild(name))) || undefined
  );
}
