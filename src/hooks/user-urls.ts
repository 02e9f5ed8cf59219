import { type Directive, find } from '../srs-conf/parse.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { HOOK_ACTIONS, type HookAction, isHookAction } from './actions.js';

/** URLs to call, in their order. An action that is missing has none. */
export type ActionUrls = Readonly<Partial<Record<HookAction, readonly string[]>>>;

/** The actions that have a URL. */
export function actionsOf(urls: ActionUrls): HookAction[] {
  return HOOK_ACTIONS.filter((action) => (urls[action] ?? []).length > 0);
}

/** The user's own hook URLs: by vhost, and of all vhosts that say nothing of hooks. */
export class UserUrls {
  readonly #vhosts: ReadonlyMap<string, ActionUrls>;
  readonly #others: ActionUrls;

  /** `others`: those of the configuration file. A template's vhosts may have their own. */
  constructor(template: readonly Directive[], others: ActionUrls) {
    const vhosts = template.filter(({ name }) => name === 'vhost');
    this.#vhosts = new Map(
      vhosts.map(({ args, children }) => [args[0] ?? '', readVhost(children ?? [], others)]),
    );
    this.#others = others;
  }

  /** Those that one action of one vhost has, as SRS would find that vhost. */
  of(vhost: string, action: HookAction): readonly string[] {
    const urls = this.#vhosts.get(vhost) ?? this.#vhosts.get(DEFAULT_VHOST) ?? this.#others;
    return urls[action] ?? [];
  }
}

function readVhost(vhost: readonly Directive[], others: ActionUrls): ActionUrls {
  const backend = readForward(vhost);
  const hooks = find(vhost, 'http_hooks')?.children;
  if (!hooks) return { ...others, ...backend };
  if (!isOn(hooks)) return backend;
  const lists = hooks.flatMap(({ name, args }) => (isHookAction(name) ? [[name, args]] : []));
  return { ...Object.fromEntries(lists), ...backend };
}

/** SRS asks the first backend only. */
function readForward(vhost: readonly Directive[]): ActionUrls {
  const forward = find(vhost, 'forward')?.children ?? [];
  const [backend] = find(forward, 'backend')?.args ?? [];
  return isOn(forward) && backend !== undefined ? { on_forward: [backend] } : {};
}

function isOn(block: readonly Directive[]): boolean {
  return find(block, 'enabled')?.args[0] === 'on';
}
