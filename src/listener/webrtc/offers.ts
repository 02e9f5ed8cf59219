import { networkInterfaces } from 'node:os';
import { offeredAddresses } from '../../protocol/webrtc/addresses.js';
import { candidatesOf, type RtcCandidate, withCandidates } from '../../protocol/webrtc/sdp.js';
import type { Route } from '../route.js';

/** The path of media to a child, and our addresses on it. */
export interface MediaWay {
  /** `direct`: candidates name the child's own port, and nothing is relayed. */
  readonly media: 'relay' | 'direct' | 'offload';
  /** Returns this machine's addresses for clients; none: the address of each request. */
  readonly candidates: () => readonly string[];
  /** Returns the shared port; null while it is closed. */
  readonly port: () => number | null;
}

/** Our addresses as a request shows them. */
export interface RequestAddresses {
  /** The Host header. */
  readonly host: string;
  /** The local address of the request's socket. */
  readonly local: string;
}

/** Candidates of one answer. */
export interface CandidatePlan {
  /** Query parameter `eip`, by which SRS writes the candidate; null: we write them. */
  readonly eip: string | null;
  /** Writes candidates into an answer, unless `eip` did. */
  readonly rewrite: (sdp: string) => string;
}

/** Chooses the candidates for a client of this child. */
export function planCandidates(
  way: MediaWay,
  route: Route,
  addressed: RequestAddresses,
): CandidatePlan {
  // An origin elsewhere does not have our addresses.
  const isDirect = way.media === 'direct' && !route.isForeign && !route.via;
  const port = isDirect ? route.ports.rtc : (way.port() ?? route.ports.rtc);
  const sources = { configured: way.candidates(), interfaces: ownAddresses, ...addressed };
  const addresses = offeredAddresses(sources);
  const [only = ''] = addresses;
  if (addresses.length === 1 && !only.includes(':')) {
    return { eip: `${only}:${port}`, rewrite: (sdp) => sdp };
  }
  return { eip: null, rewrite: (sdp) => withCandidates(sdp, every(sdp, addresses, port)) };
}

function ownAddresses(): string[] {
  const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return cards.filter(({ internal }) => !internal).map(({ address }) => address);
}

/** Returns a candidate for each address: UDP first, then TCP if the child offers it. */
function every(sdp: string, addresses: readonly string[], port: number): RtcCandidate[] {
  const transports = ['udp', 'tcp'] as const;
  const offered = new Set(candidatesOf(sdp).map(({ transport }) => transport));
  return transports
    .filter((transport) => offered.has(transport))
    .flatMap((transport) => addresses.map((ip) => ({ ip, port, transport })));
}
