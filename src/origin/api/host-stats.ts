import { readFileSync } from 'node:fs';
import os from 'node:os';

/** Least milliseconds between two CPU samples. */
const SAMPLE_MS = 3_000;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Returns the numbers behind a name at the start of a line, as in /proc/meminfo and /proc/stat. */
function numbers(text: string, name: string): number[] {
  const line = text.split('\n').find((candidate) => candidate.startsWith(name));
  return (line?.slice(name.length).match(/\d+(\.\d+)?/g) ?? []).map(Number);
}

/** Returns the memory of this process; 0 where the system has no /proc that tells it. */
export function residentBytes(): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return 0;
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

interface Sample {
  readonly at: number;
  /** Microseconds of CPU time used by this process. */
  readonly self: number;
  readonly busy: number;
  readonly total: number;
}

function takeSample(): Sample {
  const { user, system } = process.cpuUsage();
  const ticks = numbers(read('/proc/stat'), 'cpu ');
  const total = ticks.reduce((sum, tick) => sum + tick, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { at: Date.now(), self: user + system, busy: total - idle, total };
}

/** CPU, memory and network of this process and its host, read only on request. */
export class HostStats {
  #last = takeSample();
  #cpu = { self: 0, host: 0 };

  /** Returns CPU use as a fraction of one core (self) and of all cores (host). */
  cpu(): { self: number; host: number } {
    const now = takeSample();
    const elapsed = now.at - this.#last.at;
    if (elapsed < SAMPLE_MS) return this.#cpu;
    const total = Math.max(1, now.total - this.#last.total);
    this.#cpu = {
      self: round((now.self - this.#last.self) / 1000 / elapsed),
      host: round((now.busy - this.#last.busy) / total),
    };
    this.#last = now;
    return this.#cpu;
  }

  /** Returns the `system` part of SRS's summaries. Disk and swap rates are not measured: 0. */
  system(): Record<string, number> {
    const memory = read('/proc/meminfo');
    const [total = 0] = numbers(memory, 'MemTotal:');
    const [available = total] = numbers(memory, 'MemAvailable:');
    const [swap = 0] = numbers(memory, 'SwapTotal:');
    const [swapFree = 0] = numbers(memory, 'SwapFree:');
    const [load1 = 0, load5 = 0, load15 = 0] = os.loadavg();
    const [uptime = 0, idle = 0] = read('/proc/uptime').split(' ').map(Number);
    return {
      cpu_percent: this.cpu().host,
      disk_read_KBps: 0,
      disk_write_KBps: 0,
      disk_busy_percent: 0,
      mem_ram_kbyte: total,
      mem_ram_percent: total === 0 ? 0 : round((total - available) / total),
      mem_swap_kbyte: swap,
      mem_swap_percent: swap === 0 ? 0 : round((swap - swapFree) / swap),
      cpus: os.cpus().length,
      cpus_online: os.availableParallelism(),
      uptime,
      ilde_time: idle,
      load_1m: round(load1),
      load_5m: round(load5),
      load_15m: round(load15),
    };
  }

  /** Returns network counters under SRS's names; the first interface counts as the intranet. */
  network(): Record<string, number> {
    const lines = read('/proc/net/dev').split('\n').slice(2);
    const line = lines.find((candidate) => /^\s*(?!lo:)\S+:/.test(candidate)) ?? '';
    const counters = line.replace(/^.*:/, '').trim().split(/\s+/).map(Number);
    return {
      net_sample_time: Date.now(),
      net_recv_bytes: 0,
      net_send_bytes: 0,
      net_recvi_bytes: counters[0] || 0,
      net_sendi_bytes: counters[8] || 0,
    };
  }

  /** Returns the host's CPU time in ticks (`/proc/stat`), under SRS's names. */
  ticks(): Record<string, number> {
    const ticks = numbers(read('/proc/stat'), 'cpu ');
    const names = 'user nice sys idle iowait irq softirq steal guest'.split(' ');
    return Object.fromEntries(names.map((name, at) => [name, ticks[at] ?? 0]));
  }

  /** Returns the host's memory in kilobytes, under SRS's names. */
  memory(): Record<string, number> {
    const text = read('/proc/meminfo');
    const kilobytes = (name: string): number => numbers(text, `${name}:`)[0] ?? 0;
    const names = ['MemTotal', 'MemFree', 'Buffers', 'Cached', 'SwapTotal', 'SwapFree'] as const;
    const [total = 0, free = 0, buffers = 0, cached = 0, swap = 0, swapFree = 0] =
      names.map(kilobytes);
    const used = total - free - buffers - cached;
    return {
      percent_ram: total === 0 ? 0 : round(used / total),
      percent_swap: swap === 0 ? 0 : round((swap - swapFree) / swap),
      MemActive: total - free,
      RealInUse: used,
      NotInUse: total - used,
      MemTotal: total,
      MemFree: free,
      Buffers: buffers,
      Cached: cached,
      SwapTotal: swap,
      SwapFree: swapFree,
    };
  }

  sockets(): Record<string, number> {
    const text = read('/proc/net/sockstat');
    const [inUse = 0, , waiting = 0] = numbers(text, 'TCP:');
    const [udp = 0] = numbers(text, 'UDP:');
    const snmp = read('/proc/net/snmp')
      .split('\n')
      .filter((row) => row.startsWith('Tcp:'));
    const established = Number(snmp[1]?.split(' ')[9] ?? 0);
    return {
      conn_sys: inUse + waiting,
      conn_sys_et: established,
      conn_sys_tw: waiting,
      conn_sys_udp: udp,
    };
  }
}

/** Fields of /proc/self/stat under SRS's names. */
const STAT_FIELDS =
  `pid comm state ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt utime stime
  cutime cstime priority nice num_threads itrealvalue starttime vsize rss rsslim startcode endcode
  startstack kstkesp kstkeip signal blocked sigignore sigcatch wchan nswap cnswap exit_signal
  processor rt_priority policy delayacct_blkio_ticks guest_time cguest_time`.split(/\s+/);

export function selfProcStats(): Record<string, string | number> {
  const match = /^(\d+) (\(.*\)) (\S) (.*)$/s.exec(read('/proc/self/stat').trim());
  const [, pid = '0', comm = '', state = '', rest = ''] = match ?? [];
  const values = [Number(pid), comm, state, ...rest.split(' ').map(Number)];
  return Object.fromEntries(STAT_FIELDS.map((name, at) => [name, values[at] ?? 0]));
}
