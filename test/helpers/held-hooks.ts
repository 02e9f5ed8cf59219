import type { HookClient } from '../../src/listener/held-hooks.js';

/** What hooks have to do with a client that they let in, and care for no more. */
export const NO_HOOK_CLIENT: HookClient = {
  id: 'client-1',
  connect: async () => true,
  play: async () => true,
  stop: () => {},
  goesBy: () => {},
  served: () => {},
  leave: () => {},
};
