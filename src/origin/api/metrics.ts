import os from 'node:os';
import type { Context } from '../context.js';
import { VERSION } from '../identity.js';
import { type HostStats, residentBytes } from './host-stats.js';

/** Returns SRS's `/metrics` in Prometheus's text format. Clients' errors are not counted: 0. */
export function metricsText(context: Context, host: HostStats): string {
  const { clients, sources } = context;
  return [
    metric('gauge', `srs_node_uname_info${systemLabels()}`, 1),
    metric('gauge', `srs_build_info${buildLabels(context)}`, 1),
    metric('gauge', 'srs_cpu_percent', host.cpu().self * 100),
    metric('gauge', 'srs_memory', Math.round(residentBytes() / 1024)),
    metric('counter', 'srs_send_bytes_total', clients.total.sendBytes),
    metric('counter', 'srs_receive_bytes_total', clients.total.recvBytes),
    metric('gauge', 'srs_streams', sources.list().length),
    metric('gauge', 'srs_clients', clients.size),
    metric('counter', 'srs_clients_total', clients.added),
    metric('counter', 'srs_clients_errs_total', 0),
  ].join('');
}

const HELP: Readonly<Record<string, string>> = {
  srs_node_uname_info: 'Labeled system information as provided by the uname system call.',
  srs_build_info: 'Who answers, and its version.',
  srs_cpu_percent: 'SRS cpu used percent.',
  srs_memory: 'SRS memory used.',
  srs_send_bytes_total: 'SRS total sent bytes.',
  srs_receive_bytes_total: 'SRS total received bytes.',
  srs_streams: 'The number of SRS concurrent streams.',
  srs_clients: 'The number of SRS concurrent clients.',
  srs_clients_total: 'The total counts of SRS clients.',
  srs_clients_errs_total: 'The total errors of SRS clients.',
};

function systemLabels(): string {
  const machine = { release: os.release(), version: os.version(), machine: os.machine() };
  return labels({ sysname: os.type(), nodename: os.hostname(), ...machine });
}

function buildLabels({ conf, identity }: Context): string {
  const { server, service, pid } = identity;
  const [major = ''] = VERSION.split('.');
  const build = { build_date: '', major, version: VERSION, code: 'mini-srs' };
  return labels({ server, service, pid: `${pid}`, ...build, ...conf.exporter?.labels });
}

function labels(values: Readonly<Record<string, string>>): string {
  const words = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${words.join(',')}}`;
}

function metric(kind: 'gauge' | 'counter', name: string, value: number): string {
  const bare = name.replace(/\{.*/, '');
  return `# HELP ${bare} ${HELP[bare] ?? ''}\n# TYPE ${bare} ${kind}\n${name} ${value}\n`;
}
