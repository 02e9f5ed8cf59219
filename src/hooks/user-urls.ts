import type { TemplateVhost } from '../child/template-vhost.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { HOOK_ACTIONS, type HookAction, isHookAction } from './actions.js';

/** URLs to call, in order. A missing action has none. */
export type ActionUrls = Readonly<Partial<Record<HookAction, readonly string[]>>>;

/** Returns the actions that have a URL. */
export function actionsOf(urls: ActionUrls): HookAction[] {
  return HOOK_ACTIONS.filter((action) => (urls[action] ?? []).length > 0);
}

/** The user's hook URLs: per vhost, and for vhosts without hooks of their own. */
export class UserUrls {
  readonly #templateVhosts: readonly TemplateVhost[];
  #vhosts: ReadonlyMap<string, ActionUrls> = new Map();
  #others: ActionUrls = {};

  /** `others`: the configuration file's URLs. A template's vhosts may have their own. */
  constructor(vhosts: readonly TemplateVhost[], others: ActionUrls) {
    this.#templateVhosts = vhosts;
    this.renew(others);
  }

  /** Sets other URLs of the configuration file. */
  renew(others: ActionUrls): void {
    const vhosts = this.#templateVhosts;
    this.#vhosts = new Map(vhosts.map((vhost) => [vhost.name, urlsOf(vhost, others)]));
    this.#others = others;
  }

  /** Returns the URLs of one action of a vhost, found as SRS finds the vhost. */
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
