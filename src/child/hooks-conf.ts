import { type Directive, find } from '../srs-conf/parse.js';
import { block, line } from './directives.js';

/** Hooks of a child's vhosts. */
export interface HooksPlan {
  /** URL to which this child posts. */
  readonly url: string;
  /** Wanted actions in vhosts without an `http_hooks` block. */
  readonly actions: readonly string[];
  /** Server id for URLs that contain it. */
  readonly serverId: string;
}

/** Hooks that placement needs; each other hook costs SRS a request. */
const ALWAYS = ['on_publish', 'on_unpublish'];

/** Returns a vhost with hooks to us, for all actions that its own hooks had. */
export function withHooks(vhost: readonly Directive[], plan: HooksPlan): Directive[] {
  const own = find(vhost, 'http_hooks')?.children;
  const wanted = own ? wantedBy(own) : plan.actions;
  const actions = [...new Set([...ALWAYS, ...wanted])].filter((name) => name !== 'on_hls_notify');
  const lines = actions.map((name) => line(name, plan.url));
  const notify = own && isOn(own) ? notifyLines(own, plan) : [];
  const hooks = block('http_hooks', [], [line('enabled', 'on'), ...lines, ...notify]);
  const others = vhost.filter(({ name }) => name !== 'http_hooks');
  return [...others.map((directive) => withBackend(directive, plan.url)), hooks];
}

function wantedBy(hooks: readonly Directive[]): string[] {
  if (!isOn(hooks)) return [];
  const named = hooks.filter(({ name, args }) => name !== 'enabled' && args.length > 0);
  return named.map(({ name }) => name);
}

/** Keeps the URL template of an `on_hls_notify` behind our URL: SRS fills in its variables. */
function notifyLines(hooks: readonly Directive[], { url, serverId }: HooksPlan): Directive[] {
  const templates = find(hooks, 'on_hls_notify')?.args ?? [];
  if (templates.length === 0) return [];
  const ours = templates.map((template) => {
    const [, origin = template, path = ''] = /^(https?:\/\/[^/?[]+)(.*)$/s.exec(template) ?? [];
    const rest = path.startsWith('/') ? path : `/${path}`;
    const target = Buffer.from(origin).toString('base64url');
    return `${url}/notify/${target}${rest.replaceAll('[server_id]', serverId)}`;
  });
  return [line('on_hls_notify', ...ours)];
}

function withBackend(directive: Directive, url: string): Directive {
  const { name, children } = directive;
  if (name !== 'forward' || children === null) return directive;
  const asks = (child: Directive) => child.name === 'backend' && child.args.length > 0;
  return {
    ...directive,
    children: children.map((child) => (asks(child) ? line('backend', url) : child)),
  };
}

function isOn(block: readonly Directive[]): boolean {
  return find(block, 'enabled')?.args[0] === 'on';
}
