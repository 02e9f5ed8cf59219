import { CONFIGURED_HOOKS } from '../config/config.js';

/** SRS's hook calls under its own names; `on_forward` is `forward.backend`. */
export const HOOK_ACTIONS = [...CONFIGURED_HOOKS, 'on_forward'] as const;
export type HookAction = (typeof HOOK_ACTIONS)[number];

/** Actions for which SRS waits for a verdict; it ignores the answers to the others. */
const ASKED: ReadonlySet<HookAction> = new Set([
  'on_connect',
  'on_publish',
  'on_play',
  'on_forward',
]);
/** Actions for which SRS calls every URL, whatever the previous one answered. */
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
