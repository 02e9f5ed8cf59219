import { SupervisorError } from '../errors.js';
import { type Directive, find } from '../srs-conf/parse.js';

/** Open ports that every child would open likewise, and share in silence. */
export const DROPPED = new Set('rtsp_server rtmps stream_caster http_stream'.split(' '));

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
  return word('enabled') === 'on' ? basicAuthorization(word('username'), word('password')) : null;
}

/** The whole `Authorization` of HTTP Basic (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** Whether children count for `/metrics`: unless the config turns `exporter` off. */
export function hasMetrics(conf: readonly Directive[]): boolean {
  return find(conf, 'exporter', 'enabled')?.args[0] !== 'off';
}
