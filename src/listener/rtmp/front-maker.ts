import type { Address } from '../../config/config.js';
import type { RelayEngine } from '../../relay/relay.js';
import type { AliasBook } from '../aliases.js';
import { TrustedProxies } from '../client-address.js';
import type { ConnectionLimits } from '../connections.js';
import type { AliasFront } from '../front.js';
import { RtmpListener } from './listener.js';
import type { RtmpSessionContext } from './session.js';

/** What the RTMP port needs to know, whoever serves it. */
export interface FrontOptions
  extends Pick<RtmpSessionContext, 'route' | 'vhosts' | 'identifyMs' | 'server' | 'logger'> {
  readonly address: Address;
  readonly limits: ConnectionLimits;
  /** Who begins each connection with a PROXY header; null: nobody does. */
  readonly proxies: readonly string[] | null;
}

export type FrontMaker = (options: FrontOptions) => AliasFront;

/**
 * How the RTMP port is served: by as many threads as the engine has, so that a storm of clients is
 * not bound to one core; by this thread alone, with `aliases`, where the engine has one or none.
 */
export async function frontMaker(engine: RelayEngine, aliases: AliasBook): Promise<FrontMaker> {
  if (engine.threadCount < 2) return (options) => singleFront(engine, aliases, options);
  // Only now: it cannot even be loaded without the native engine's library.
  const { RtmpPool } = await import('./pool.js');
  return (options) => new RtmpPool(engine, options);
}

function singleFront(engine: RelayEngine, aliases: AliasBook, options: FrontOptions): AliasFront {
  const { address, limits, proxies, ...shared } = options;
  return new RtmpListener(address, limits, {
    ...shared,
    proxies: proxies && new TrustedProxies(proxies),
    aliases,
    join: (pair) => engine.join(pair),
  });
}
