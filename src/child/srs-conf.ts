import { RESERVED_CONNECTIONS } from '../child-access/reserve.js';
import type { LiveFormat } from '../config/config.js';
import { type Directive, find } from '../srs-conf/parse.js';
import { printConf } from '../srs-conf/print.js';
import { block, line } from './directives.js';
import type { Duties } from './duties.js';
import type { HooksPlan } from './hooks-conf.js';
import { vhostBlocks } from './srs-vhosts.js';
import { DROPPED, type Template } from './template.js';
import type { ChildPorts } from './types.js';

/** What all children's configs have in common. */
export interface ConfOptions {
  /** TCP connections of clients. */
  readonly maxConnections: number;
  readonly template: Template;
  /** Without a template: vhosts besides the default one, and how each is played by HTTP. */
  readonly vhosts: Readonly<Record<string, LiveFormat>>;
  /** Without a template: null where HLS is off. */
  readonly hls: { readonly fragmentSeconds: number; readonly windowSeconds: number } | null;
  readonly rtc: boolean;
  readonly srt: boolean;
  /** Which of these two listen on loopback alone. SRS before 7.0.67 binds every address. */
  readonly onLoopback: { readonly rtc: boolean; readonly srt: boolean };
}

/** All that one child's srs.conf is made of. */
export interface ConfPlan extends ConfOptions {
  readonly id: string;
  /** Which life of the child it is for. */
  readonly generation: number;
  readonly ports: ChildPorts;
  readonly pidFile: string;
  /** Directory that the HTTP server shows, shared by all children. */
  readonly html: string;
  /** Directory that all children write HLS below. */
  readonly hlsDir: string;
  /** Directory that the ffmpegs which it starts log in. */
  readonly ffmpegLogDir: string;
  readonly duties: Duties;
  /** Whether SRS shall watch its parent and end with it. It refuses to where the parent is pid 1. */
  readonly asprocess: boolean;
  /** How it calls us; null: its hooks are as the template has them. */
  readonly hooks: HooksPlan | null;
}

/** Top-level directives that a child has from us, whatever the template says. */
const OURS = new Set([
  ...['listen', 'http_api', 'http_server', 'rtc_server', 'srt_server', 'exporter', 'vhost'],
  ...['pid', 'daemon', 'asprocess', 'server_id', 'max_connections'],
  ...['work_dir', 'srs_log_tank', 'srs_log_file', 'ff_log_dir'],
  ...['inotify_auto_reload', 'auto_reload_for_docker', 'force_grace_quit'],
]);

/** The text of a child's srs.conf. Throws ERR_CONFIG for what its language cannot express. */
export function renderSrsConf(plan: ConfPlan): string {
  const isKept = ({ name }: Directive) => !OURS.has(name) && !DROPPED.has(name);
  const isTheirs = ({ name }: Directive) => name !== 'heartbeat' || plan.duties.heartbeat;
  const kept = plan.template.directives.filter(isKept).filter(isTheirs);
  return printConf([...ownDirectives(plan), ...servers(plan), ...kept, ...vhostBlocks(plan)]);
}

function ownDirectives(plan: ConfPlan): Directive[] {
  const { ports } = plan;
  return [
    line('listen', `127.0.0.1:${ports.rtmp}`),
    line('pid', plan.pidFile),
    line('daemon', 'off'),
    line('srs_log_tank', 'console'),
    line('max_connections', String(plan.maxConnections + RESERVED_CONNECTIONS)),
    line('server_id', plan.id),
    line('asprocess', plan.asprocess ? 'on' : 'off'),
    line('inotify_auto_reload', 'off'),
    line('auto_reload_for_docker', 'off'),
    line('force_grace_quit', 'off'),
    // Ours starts no ffmpeg.
    ...(plan.template.isGiven ? [line('ff_log_dir', plan.ffmpegLogDir)] : []),
  ];
}

function servers(plan: ConfPlan): Directive[] {
  const { ports, html, rtc, srt, onLoopback } = plan;
  const srtListen = mediaListen(ports.srt, onLoopback.srt);
  // No candidate of SRS's own: each answer gets those that we ask for.
  const candidates = [
    line('candidate', '*'),
    line('use_auto_detect_network_ip', 'off'),
    line('api_as_candidates', 'off'),
  ];
  return [
    server(plan, 'http_api', [line('listen', `127.0.0.1:${ports.api}`), rawApi(plan)]),
    server(plan, 'http_server', [line('listen', `127.0.0.1:${ports.http}`), line('dir', html)]),
    ...(plan.template.hasMetrics ? [exporter(plan)] : []),
    ...(rtc ? [server(plan, 'rtc_server', [...rtcPorts(plan), ...candidates])] : []),
    ...(srt ? [server(plan, 'srt_server', [srtListen])] : []),
  ];
}

/** A reload goes by it, whatever the template lets clients of the box do: see `ApiRules.raw`. */
function rawApi({ template }: ConfPlan): Directive {
  const theirs = find(template.directives, 'http_api', 'raw_api')?.children ?? [];
  const kept = theirs.filter(({ name }) => name !== 'enabled' && name !== 'allow_reload');
  return block('raw_api', [], [line('enabled', 'on'), line('allow_reload', 'on'), ...kept]);
}

/** One port, for UDP and TCP. */
function rtcPorts({ ports, onLoopback }: ConfPlan): Directive[] {
  const listen = mediaListen(ports.rtc, onLoopback.rtc);
  const tcp = block('tcp', [], [line('enabled', 'on'), listen]);
  return [listen, tcp, line('protocol', 'all')];
}

function mediaListen(port: number, onLoopback: boolean): Directive {
  return line('listen', onLoopback ? `127.0.0.1:${port}` : String(port));
}

/** A server on our port; the rest of its block is the template's. TLS ends at our own door. */
function server({ template }: ConfPlan, name: string, ours: readonly Directive[]): Directive {
  const theirs = find(template.directives, name)?.children ?? [];
  const taken = new Set(['enabled', 'https', 'tcp', 'protocol', ...ours.map((one) => one.name)]);
  const kept = theirs.filter((child) => !taken.has(child.name));
  return block(name, [], [line('enabled', 'on'), ...ours, ...kept]);
}

/** On the API's own port, which SRS allows: `/metrics` answers there, and no other port is opened. */
function exporter({ ports, template }: ConfPlan): Directive {
  const theirs = find(template.directives, 'exporter')?.children ?? [];
  const kept = theirs.filter(({ name }) => name === 'label' || name === 'tag');
  const own = [line('enabled', 'on'), line('listen', `127.0.0.1:${ports.api}`)];
  return block('exporter', [], [...own, ...kept]);
}
