import { SupervisorError } from '../errors.js';
import { type Directive, find } from '../srs-conf/parse.js';
import { printConf } from '../srs-conf/print.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import type { ChildPorts } from './types.js';

/** All that one child's srs.conf is made of. */
export interface ConfPlan {
  readonly id: string;
  readonly ports: ChildPorts;
  readonly pidFile: string;
  /** Directory that the HTTP server shows, shared by all children. */
  readonly html: string;
  /** TCP connections of clients. */
  readonly maxConnections: number;
  /** Whether SRS shall watch its parent and end with it. It refuses to where the parent is pid 1. */
  readonly asprocess: boolean;
  /** The user's own srs.conf; null: ours. */
  readonly template: readonly Directive[] | null;
}

/**
 * Connections that our own probes and API calls may take besides. An SRS (7.0.18) that has once
 * refused a connection accepts none on that port ever after, so it must never come to that.
 */
export const OWN_CONNECTIONS = 100;

/** Top-level directives that a child has from us, whatever the template says. */
const OURS = new Set(
  'listen pid daemon srs_log_tank srs_log_file max_connections asprocess server_id work_dir inotify_auto_reload auto_reload_for_docker force_grace_quit http_api http_server'.split(
    ' ',
  ),
);

/** Open ports that every child would open likewise, and share in silence. */
const DROPPED = new Set(
  'rtc_server srt_server rtsp_server rtmps exporter stream_caster http_stream'.split(' '),
);

/** The text of a child's srs.conf. Throws ERR_CONFIG for what its language cannot express. */
export function renderSrsConf(plan: ConfPlan): string {
  const template = plan.template ?? [];
  const kept = template.filter(({ name }) => !OURS.has(name) && !DROPPED.has(name));
  const vhosts = vhostsOf(template).length > 0 ? [] : [defaultVhost()];
  return printConf([...ownDirectives(plan), ...kept, ...vhosts]);
}

/** Throws ERR_CONFIG where a template cannot serve: what `include` brings in, we do not see. */
export function checkTemplate(template: readonly Directive[]): void {
  for (const { name, args, line, children } of template) {
    if (name === 'include') {
      throw new SupervisorError(
        'ERR_CONFIG',
        `line ${line}: 'include ${args.join(' ')}' cannot be used: put that text in its place`,
      );
    }
    checkTemplate(children ?? []);
  }
}

/** Names of the template's directives that children do without, for a warning. */
export function droppedBy(template: readonly Directive[]): string[] {
  return template.map(({ name }) => name).filter((name) => DROPPED.has(name));
}

/** The vhosts that a config names. A host that is not among them is the default vhost. */
export function vhostsOf(conf: readonly Directive[]): string[] {
  return conf.flatMap(({ name, args }) => (name === 'vhost' ? args.slice(0, 1) : []));
}

/** The `Authorization` that a child's API asks for, or null where it is open. */
export function apiAuthorization(conf: readonly Directive[]): string | null {
  const word = (name: string) => find(conf, 'http_api', 'auth', name)?.args[0] ?? '';
  if (word('enabled') !== 'on') return null;
  const pair = `${word('username')}:${word('password')}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function ownDirectives(plan: ConfPlan): Directive[] {
  const { ports } = plan;
  return [
    line('listen', `127.0.0.1:${ports.rtmp}`),
    line('pid', plan.pidFile),
    line('daemon', 'off'),
    line('srs_log_tank', 'console'),
    line('max_connections', String(plan.maxConnections + OWN_CONNECTIONS)),
    line('server_id', plan.id),
    line('asprocess', plan.asprocess ? 'on' : 'off'),
    line('inotify_auto_reload', 'off'),
    line('auto_reload_for_docker', 'off'),
    line('force_grace_quit', 'off'),
    server(plan, 'http_api', ports.api),
    server(plan, 'http_server', ports.http),
  ];
}

/** An HTTP server on our port; the rest of its block is the template's. TLS ends at our own door. */
function server({ html, template }: ConfPlan, name: string, port: number): Directive {
  const theirs = find(template ?? [], name)?.children ?? [];
  const kept = theirs.filter((child) => !['enabled', 'listen', 'https'].includes(child.name));
  const dir = name === 'http_server' && !find(kept, 'dir') ? [line('dir', html)] : [];
  const own = [line('enabled', 'on'), line('listen', `127.0.0.1:${port}`)];
  return block(name, [], [...own, ...dir, ...kept]);
}

function defaultVhost(): Directive {
  const mount = line('mount', '[vhost]/[app]/[stream].flv');
  const remux = block('http_remux', [], [line('enabled', 'on'), mount]);
  return block('vhost', [DEFAULT_VHOST], [remux]);
}

function line(name: string, ...args: string[]): Directive {
  return { name, args, children: null, line: 0 };
}

function block(name: string, args: string[], children: Directive[]): Directive {
  return { name, args, children, line: 0 };
}
