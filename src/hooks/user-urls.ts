import type { TemplateVhost } from '../child/template-vhost.js';
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

  /** `others`: those of the configuration file. The vhosts of a template may have their own. */
  constructor(vhosts: readonly TemplateVhost[], others: ActionUrls) {
    this.#vhosts = new Map(vhosts.map((vhost) => [vhost.name, urlsOf(vhost, others)]));
    this.#others = others;
  }

  /** Those that one action of one vhost has, as SRS would find that vhost. */
  of(vhost: string, action: HookAction): readonly string[] {
    const urls = this.#vhosts.get(vhost) ?? this.#vhosts.get(DEFAULT_VHOST) ?? this.#others;
    return urls[action] ?? [];
  }
}

function urlsOf({ hooks, forwardBackend }: TemplateVhost, others: ActionUrls): ActionUrls {
  const backend = forwardBackend === null ? {} : { on_forward: [forwardBackend] };
  if (hooks === null) return { ...others, ...backend };
  const lists = Object.entries(hooks).filter(([name]) => isHookAction(name));
  return { ...Object.fromEntries(lists), ...backend };
}
