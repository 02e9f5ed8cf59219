import type { Address } from '../../config/config.js';
import type { RelayEngine, RelayPair } from '../../relay/relay.js';
import type { AliasBook } from '../aliases.js';
import type { ConnectionLimits } from '../budget.js';
import { TrustedProxies } from '../client-address.js';
import type { AliasListener } from '../listener.js';
import { RtmpListener } from './listener.js';
import type { RtmpSessionContext } from './session.js';

/** What the RTMP port needs to know, whoever serves it. */
export interface RtmpPortOptions
  extends Pick<
    RtmpSessionContext,
    'route' | 'vhosts' | 'identifyMs' | 'server' | 'held' | 'logger'
  > {
  readonly address: Address;
  readonly limits: ConnectionLimits;
  /** Who begins each connection with a PROXY header; null: nobody does. */
  readonly proxies: readonly string[] | null;
}

export type ListenerMaker = (options: RtmpPortOptions) => AliasListener;

/**
 * How the RTMP port is served: on the native engine's own threads, so that a storm of clients is not
 * bound to one core; by this thread alone with the portable engine.
 */
export async function listenerMaker(
  engine: RelayEngine,
  aliases: AliasBook,
): Promise<ListenerMaker> {
  const context = ({ address: _, limits: __, proxies: ___, ...shared }: RtmpPortOptions) => ({
    ...shared,
    aliases,
    join: (pair: RelayPair) => engine.join(pair),
  });
  if (engine.threadCount === 0) {
    return (options) => {
      const proxies = options.proxies && new TrustedProxies(options.proxies);
      return new RtmpListener(options.address, options.limits, { ...context(options), proxies });
    };
  }
  // Only now: it cannot even be loaded without the native engine's library.
  const { RtmpPool } = await import('./pool.js');
  return (options) => new RtmpPool(engine, options, context(options));
}
