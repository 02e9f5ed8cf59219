import type { Client, Traffic } from '../clients.js';
import type { Context } from '../context.js';
import { VERSION } from '../identity.js';
import { audioInfo, videoInfo } from '../media/codec-info.js';
import type { Source } from '../media/source.js';
import { type HostStats, residentBytes, selfProcStats } from './host-stats.js';

/** A JSON object of SRS's HTTP API. */
export type View = Record<string, unknown>;

function bytes(traffic: Traffic): View {
  const { sendBytes, recvBytes, recvKbps, sendKbps } = traffic;
  const kbps = { recv_30s: recvKbps, send_30s: sendKbps };
  return { send_bytes: sendBytes, recv_bytes: recvBytes, kbps };
}

export function versionView(): View {
  const [major, minor, revision] = VERSION.split('.').map(Number);
  return { major, minor, revision, version: VERSION };
}

export function vhostView({ conf, clients, sources }: Context, name: string): View {
  const hls = conf.vhosts.get(name)?.hls;
  const streams = sources.list().filter((source) => source.name.vhost === name);
  return {
    id: sources.vhostId(name),
    name,
    enabled: conf.vhosts.get(name)?.enabled ?? true,
    clients: clients.list().filter(({ source }) => source.name.vhost === name).length,
    streams: streams.length,
    ...bytes(clients.ofVhost(name)),
    hls: hls?.enabled ? { enabled: true, fragment: hls.fragment } : { enabled: false },
  };
}

export function streamView({ clients, sources }: Context, source: Source): View {
  const { id, name, tcUrl, frames, publishing, publisherId } = source;
  const video = source.header('video');
  const audio = source.header('audio');
  return {
    id,
    name: name.stream,
    vhost: sources.vhostId(name.vhost),
    app: name.app,
    tcUrl,
    url: name.url,
    live_ms: Date.now(),
    clients: sources.users(source),
    frames,
    ...bytes(clients.ofSource(source)),
    publish: { active: publishing, ...(publisherId === '' ? {} : { cid: publisherId }) },
    video: video ? videoInfo(video) : null,
    audio: audio ? audioInfo(audio) : null,
  };
}

export function clientView({ clients, sources }: Context, client: Client): View {
  const { id, source, ip, pageUrl, swfUrl, tcUrl, type, publish, since } = client;
  return {
    id,
    vhost: sources.vhostId(source.name.vhost),
    stream: source.id,
    ip,
    pageUrl,
    swfUrl,
    tcUrl,
    url: source.name.url,
    name: client.stream,
    type,
    publish,
    alive: (Date.now() - since) / 1000,
    ...bytes(clients.ofClient(id)),
  };
}

/** `data` of /api/v1/summaries; `connections`: open sockets. */
export function summariesView(context: Context, host: HostStats, connections: number): View {
  const { identity, clients } = context;
  const memory = residentBytes() / 1024;
  const system = host.system();
  return {
    ok: true,
    now_ms: Date.now(),
    self: {
      version: VERSION,
      pid: identity.pid,
      ppid: process.ppid,
      argv: process.argv.join(' '),
      cwd: process.cwd(),
      mem_kbyte: Math.round(memory),
      mem_percent: Math.round((memory / Math.max(1, system.mem_ram_kbyte ?? 0)) * 100) / 100,
      cpu_percent: host.cpu().self,
      srs_uptime: Math.round((Date.now() - identity.startedAt) / 1000),
    },
    system: {
      ...system,
      ...host.network(),
      srs_sample_time: Date.now(),
      srs_recv_bytes: clients.total.recvBytes,
      srs_send_bytes: clients.total.sendBytes,
      ...host.sockets(),
      conn_srs: connections,
    },
  };
}

export function rusagesView(): View {
  const usage = process.resourceUsage();
  return {
    ok: true,
    sample_time: Date.now(),
    ru_utime: Math.trunc(usage.userCPUTime / 1e6),
    ru_stime: Math.trunc(usage.systemCPUTime / 1e6),
    ru_maxrss: usage.maxRSS,
    ru_ixrss: usage.sharedMemorySize,
    ru_idrss: usage.unsharedDataSize,
    ru_isrss: usage.unsharedStackSize,
    ru_minflt: usage.minorPageFault,
    ru_majflt: usage.majorPageFault,
    ru_nswap: usage.swappedOut,
    ru_inblock: usage.fsRead,
    ru_oublock: usage.fsWrite,
    ru_msgsnd: usage.ipcSent,
    ru_msgrcv: usage.ipcReceived,
    ru_nsignals: usage.signalsCount,
    ru_nvcsw: usage.voluntaryContextSwitches,
    ru_nivcsw: usage.involuntaryContextSwitches,
  };
}

export function selfProcView(host: HostStats): View {
  return { ok: true, sample_time: Date.now(), percent: host.cpu().self, ...selfProcStats() };
}

export function systemProcView(host: HostStats): View {
  return { ok: true, sample_time: Date.now(), percent: host.cpu().host, ...host.ticks() };
}

export function memoryView(host: HostStats): View {
  return { ok: true, sample_time: Date.now(), ...host.memory() };
}

/** `data` of /api/v1/tests/requests. */
export function requestView(method: string, host: string, path: string): View {
  const link = 'https://github.com/ossrs/srs';
  const headers = { sigature: 'SRS', version: VERSION, link, time: Date.now() };
  return { uri: `http://${host}${path}`, path, METHOD: method, headers };
}
