import type { HeldHooks, HookClient } from '../../src/listener/held-hooks.js';

/** Hooks that accept every client and do nothing else. */
export const NO_HOOK_CLIENT: HookClient = {
  id: 'client-1',
  connect: async () => true,
  play: async () => true,
  stop: () => {},
  goesBy: () => {},
  served: () => {},
  carried: () => {},
  moves: () => {},
  waits: () => {},
  leave: () => {},
};

/** Hooks of which all clients are such. */
export const NO_HOOKS: HeldHooks = {
  open: () => NO_HOOK_CLIENT,
  adopt: () => NO_HOOK_CLIENT,
  follow: () => NO_HOOK_CLIENT,
  hears: () => false,
  end: () => false,
};
