import type { Prepared } from '../check/prepared.js';
import { Hooks, type HooksOptions } from '../hooks/hooks.js';
import { liveStreams } from '../unmanaged/live-streams.js';

/** Builds the relay of children's hooks to placement and the user's URLs. */
export function makeHooks(
  { config, template, vhosts, binary }: Pick<Prepared, 'config' | 'template' | 'vhosts' | 'binary'>,
  parts: Pick<
    HooksOptions,
    'serverId' | 'fleet' | 'claims' | 'clientOf' | 'heard' | 'stirred' | 'logger'
  >,
): Hooks {
  return new Hooks({
    config: config.hooks,
    template,
    vhosts,
    srsVersion: binary.version,
    liveStreams,
    ...parts,
  });
}
