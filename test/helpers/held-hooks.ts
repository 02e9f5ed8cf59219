import type { HookClient } from '../../src/listener/held-hooks.js';

/** Hooks that accept every client and do nothing else. */
export const NO_HOOK_CLIENT: HookClient = {
  id: 'client-1',
  connect: async () => true,
  play: async () => true,
  stop: () => {},
  goesBy: () => {},
  served: () => {},
  leave: () => {},
};
