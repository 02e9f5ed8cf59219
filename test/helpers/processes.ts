import { readdir, readFile, readlink } from 'node:fs/promises';
import { readProcess } from '../../src/child/process.js';

export async function isAlive(pid: number): Promise<boolean> {
  return (await readProcess(pid)) !== null;
}

export interface FoundProcess {
  readonly pid: number;
  readonly line: string;
}

/** Returns living processes with `text` in their command line. */
export async function processesWith(text: string): Promise<FoundProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = pids.map(async (pid) => {
    const line = (await readProcess(pid))?.args.join(' ') ?? '';
    return { pid, line };
  });
  return (await Promise.all(found)).filter(({ line }) => line.includes(text));
}

/**
 * Counts a process's open descriptors without pipes, because relay threads keep some pipes for
 * bytes that cannot be written at once.
 */
export async function descriptorsOf(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  const links = (await readdir(folder)).map((fd) =>
    readlink(`${folder}/${fd}`).catch(() => 'gone'),
  );
  return (await Promise.all(links)).filter((to) => to !== 'gone' && !to.startsWith('pipe:')).length;
}

/** Returns resident memory in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** Returns the allowed CPUs (`0-3,8`) of each thread of a process. */
export async function threadCpuLists(pid: number): Promise<string[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = threads.map(async (thread) => {
    // A thread may end meanwhile.
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8').catch(() => '');
    return /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.slice(1) ?? [];
  });
  return (await Promise.all(lists)).flat();
}

/** Returns the TCP ports on which a process listens, sorted. */
export async function listeningPorts(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => '')),
  );
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.slice(1) ?? []));
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8')),
  );
  const ports = tables.flatMap((table) =>
    table.split('\n').flatMap((row) => {
      const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/);
      return state === '0A' && own.has(inode) ? Number.parseInt(local.split(':')[1] ?? '', 16) : [];
    }),
  );
  return [...new Set(ports)].sort((a, b) => a - b);
}
