import { release, type, version } from 'node:os';
import type { Context } from '../context.js';
import { VERSION } from '../identity.js';
import type { HostStats } from './host-stats.js';

/** SRS's `/metrics`, in Prometheus's text form; clients that ended in an error are not counted: 0. */
export function metricsText(context: Context, host: HostStats): string {
  const { clients, sources, identity } = context;
  const { server, service, pid } = identity;
  const system = labels({ sysname: type(), release: release(), version: version() });
  const build = labels({ server, service, pid: `${pid}`, version: VERSION, code: 'mini-srs' });
  return [
    gauge(`srs_node_uname_info${system}`, 1),
    gauge(`srs_build_info${build}`, 1),
    gauge('srs_cpu_percent', host.cpu().self * 100),
    gauge('srs_memory', Math.round(process.memoryUsage.rss() / 1024)),
    counter('srs_send_bytes_total', clients.total.sendBytes),
    counter('srs_receive_bytes_total', clients.total.recvBytes),
    gauge('srs_streams', sources.list().length),
    gauge('srs_clients', clients.size),
    counter('srs_clients_total', clients.added),
    counter('srs_clients_errs_total', 0),
  ].join('');
}

function labels(values: Readonly<Record<string, string>>): string {
  const words = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `{${words.join(',')}}`;
}

function gauge(name: string, value: number): string {
  return metric('gauge', name, value);
}

function counter(name: string, value: number): string {
  return metric('counter', name, value);
}

function metric(kind: string, name: string, value: number): string {
  return `# TYPE ${name.replace(/\{.*/, '')} ${kind}\n${name} ${value}\n`;
}
