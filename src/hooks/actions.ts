import { CONFIGURED_HOOKS } from '../config/config.js';

/** What SRS calls us for, by its own names; `on_forward` is `forward.backend`. */
export const HOOK_ACTIONS = [...CONFIGURED_HOOKS, 'on_forward'] as const;
export type HookAction = (typeof HOOK_ACTIONS)[number];

/** For these SRS waits for a verdict; of the others it has no use for the answer. */
const ASKED: ReadonlySet<HookAction> = new Set([
  'on_connect',
  'on_publish',
  'on_play',
  'on_forward',
]);
/** Of these SRS calls every URL, whatever the one before has said. */
const TOLD_TO_ALL: ReadonlySet<HookAction> = new Set(['on_close', 'on_unpublish', 'on_stop']);

export function isHookAction(text: unknown): text is HookAction {
  return HOOK_ACTIONS.some((action) => action === text);
}

export function wantsVerdict(action: HookAction): boolean {
  return ASKED.has(action);
}

export function stopsAtFailure(action: HookAction): boolean {
  return !TOLD_TO_ALL.has(action);
}
