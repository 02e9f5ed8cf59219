import type { Address } from '../../config/config.js';
import type { RelayEngine, RelayPair } from '../../relay/relay.js';
import type { AliasBook } from '../aliases.js';
import type { ConnectionLimits } from '../budget.js';
import { TrustedProxies } from '../client-address.js';
import type { AliasListener } from '../listener.js';
import { RtmpListener } from './listener.js';
import { RtmpPool } from './pool.js';
import type { RtmpSessionContext } from './session.js';

/** What the RTMP port needs to know, whichever thread serves it. */
export interface RtmpPortOptions
  extends Pick<
    RtmpSessionContext,
    'route' | 'access' | 'vhosts' | 'identifyMs' | 'server' | 'held' | 'logger'
  > {
  readonly address: Address;
  readonly limits: ConnectionLimits;
  /** Addresses that begin each connection with a PROXY header; null: there is none. */
  readonly proxies: readonly string[] | null;
}

/**
 * The RTMP port: on the engine's own threads where it has some, so that a storm of clients is not
 * bound to one core; else on this thread.
 */
export function makeRtmpListener(
  engine: RelayEngine,
  aliases: AliasBook,
  options: RtmpPortOptions,
): AliasListener {
  const { address, limits, proxies, ...shared } = options;
  const context = { ...shared, aliases, join: (pair: RelayPair) => engine.join(pair) };
  if (engine.setupThreads !== null) return new RtmpPool(engine.setupThreads, options, context);
  const trusted = proxies && new TrustedProxies(proxies);
  return new RtmpListener(address, limits, { ...context, proxies: trusted });
}
