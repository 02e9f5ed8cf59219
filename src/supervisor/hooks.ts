import type { Prepared } from '../check/prepared.js';
import { Hooks, type HooksOptions } from '../hooks/hooks.js';
import { liveStreams } from '../unmanaged/live-streams.js';

/** Builds the relay of children's hooks to placement and the user's URLs. */
export function makeHooks(
  { config, template, binary }: Pick<Prepared, 'config' | 'template' | 'binary'>,
  parts: Pick<
    HooksOptions,
    | 'serverId'
    | 'fleet'
    | 'claims'
    | 'clientOf'
    | 'vhosts'
    | 'heard'
    | 'stirred'
    | 'kept'
    | 'known'
    | 'logger'
  >,
): Hooks {
  return new Hooks({
    config: config.hooks,
    template,
    srsVersion: binary.version,
    liveStreams,
    ...parts,
  });
}
