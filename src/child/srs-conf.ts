import { RESERVED_CONNECTIONS } from '../child-access/reserve.js';
import { type Directive, find } from '../srs-conf/parse.js';
import { printConf } from '../srs-conf/print.js';
import type { ConfPlan } from './conf-plan.js';
import { block, line } from './directives.js';
import { vhostBlocks } from './srs-vhosts.js';
import { isLeftOut } from './template-rules.js';

/** Blocks that contain directives of the template and ours. */
const BUILT = new Set(['http_api', 'http_server', 'rtc_server', 'srt_server', 'exporter', 'vhost']);

/** Renders a child's srs.conf. Throws ERR_CONFIG for values that its language cannot express. */
export function renderSrsConf(plan: ConfPlan): string {
  const isKept = ({ name }: Directive) => !BUILT.has(name) && !isLeftOut(name);
  const kept = plan.template.directives.filter(isKept);
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
    // Our own config starts no ffmpeg.
    ...(plan.template.isGiven ? [line('ff_log_dir', plan.ffmpegLogDir)] : []),
    ...(plan.beats === null ? [] : [heartbeat(plan.id, plan.beats)]),
  ];
}

/** Returns the heartbeat to us. Without ports and summaries, because it costs the child least. */
function heartbeat(id: string, { url, seconds }: NonNullable<ConfPlan['beats']>): Directive {
  const whereto = [line('interval', String(seconds)), line('url', url), line('device_id', id)];
  const less = [line('summaries', 'off'), line('ports', 'off')];
  return block('heartbeat', [], [line('enabled', 'on'), ...whereto, ...less]);
}

function servers(plan: ConfPlan): Directive[] {
  const { ports, html, rtc, srt, onLoopback } = plan;
  const srtListen = mediaListen(ports.srt, onLoopback.srt);
  // SRS adds no candidate of its own: each answer gets those that we ask for.
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

/** Allows reloads, which we need. `ApiRules.raw` holds the template's limits for clients. */
function rawApi({ template }: ConfPlan): Directive {
  const theirs = find(template.directives, 'http_api', 'raw_api')?.children ?? [];
  const kept = theirs.filter(({ name }) => name !== 'enabled' && name !== 'allow_reload');
  return block('raw_api', [], [line('enabled', 'on'), line('allow_reload', 'on'), ...kept]);
}

/** Returns the lines of the one port for UDP and TCP. */
function rtcPorts({ ports, onLoopback }: ConfPlan): Directive[] {
  const listen = mediaListen(ports.rtc, onLoopback.rtc);
  const tcp = block('tcp', [], [line('enabled', 'on'), listen]);
  return [listen, tcp, line('protocol', 'all')];
}

function mediaListen(port: number, onLoopback: boolean): Directive {
  return line('listen', onLoopback ? `127.0.0.1:${port}` : String(port));
}

/**
 * Returns a server block with our port and the other directives of the template. TLS ends at our
 * own listeners.
 */
function server({ template }: ConfPlan, name: string, ours: readonly Directive[]): Directive {
  const theirs = find(template.directives, name)?.children ?? [];
  const kept = theirs.filter((child) => !isLeftOut(`${name}.${child.name}`));
  return block(name, [], [line('enabled', 'on'), ...ours, ...kept]);
}

/**
 * Puts the exporter on the API's port, which SRS allows: `/metrics` answers there, and no other
 * port is opened.
 */
function exporter({ ports, template }: ConfPlan): Directive {
  const theirs = find(template.directives, 'exporter')?.children ?? [];
  const kept = theirs.filter(({ name }) => !isLeftOut(`exporter.${name}`));
  const own = [line('enabled', 'on'), line('listen', `127.0.0.1:${ports.api}`)];
  return block('exporter', [], [...own, ...kept]);
}
