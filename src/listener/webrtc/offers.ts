import { networkInterfaces } from 'node:os';
import { offeredAddresses } from '../../protocol/webrtc/addresses.js';
import { candidatesOf, type RtcCandidate, withCandidates } from '../../protocol/webrtc/sdp.js';
import type { Route } from '../route.js';

/** How media reach a child, and by which of our addresses. */
export interface MediaWay {
  /** `direct`: candidates name the child's own port, and nothing is relayed. */
  readonly media: 'relay' | 'direct' | 'offload';
  /** Addresses that clients know this machine by; none: those by which each request came. */
  readonly candidates: readonly string[];
  /** The shared port; null while it is closed. */
  readonly port: () => number | null;
}

/** What a request says of the client's way to us. */
export interface RequestAddresses {
  /** The Host header. */
  readonly host: string;
  /** The address that the request's socket has on our side. */
  readonly local: string;
}

/** Which candidates one answer shall have. */
export interface CandidatePlan {
  /** SRS puts this one itself into its answer, as the query's `eip`; null: we do it. */
  readonly eip: string | null;
  /** Puts the candidates into an answer that has not got them by `eip`. */
  readonly rewrite: (sdp: string) => string;
}

/** Chooses the candidates for a client of this child. */
export function planCandidates(
  way: MediaWay,
  route: Route,
  addressed: RequestAddresses,
): CandidatePlan {
  // Addresses are ours: an origin elsewhere is not at them.
  const isDirect = way.media === 'direct' && !route.isForeign && !route.via;
  const port = isDirect ? route.ports.rtc : (way.port() ?? route.ports.rtc);
  const interfaces = Object.values(networkInterfaces()).flatMap((cards) =>
    (cards ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
  );
  const sources = { configured: way.candidates, interfaces, ...addressed };
  const addresses = offeredAddresses(sources);
  const [only = ''] = addresses;
  if (addresses.length === 1 && !only.includes(':')) {
    return { eip: `${only}:${port}`, rewrite: (sdp) => sdp };
  }
  return { eip: null, rewrite: (sdp) => withCandidates(sdp, every(sdp, addresses, port)) };
}

/** Each address, for UDP first; for TCP where the child itself offers that. */
function every(sdp: string, addresses: readonly string[], port: number): RtcCandidate[] {
  const transports = ['udp', 'tcp'] as const;
  const offered = new Set(candidatesOf(sdp).map(({ transport }) => transport));
  return transports
    .filter((transport) => offered.has(transport))
    .flatMap((transport) => addresses.map((ip) => ({ ip, port, transport })));
}
