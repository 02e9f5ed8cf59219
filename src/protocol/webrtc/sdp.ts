import { parse, type SessionDescription, write } from 'sdp-transform';
import type { Role } from '../../stream-key.js';

/** The two texts that ICE checks of one side are known by (RFC 8839 §5.4). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

/** An address that a browser may send its media to. */
export interface RtcCandidate {
  readonly ip: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** Why an offer cannot be answered, and with which HTTP status (RFC 9725 §4.2). */
export interface OfferFault {
  readonly status: 400 | 406;
  readonly reason: string;
}

type Media = SessionDescription['media'][number];

/** Of a host candidate (RFC 8445 §5.1.2.1); what comes later, and TCP, is less wanted. */
const HOST_PRIORITY = 2_130_706_431;
const TCP_PENALTY = 2 ** 20;

/** The direction that makes no sense for a role: SRS refuses it. */
const WRONG_DIRECTION: Readonly<Record<Role, string>> = { publish: 'recvonly', play: 'sendonly' };

/** Reads ICE user name fragment and password of an offer or answer; null where there are none. */
export function iceOf(sdp: string): IceCredentials | null {
  const { session, media } = readSdp(sdp);
  const owner = [session, ...media].find(({ iceUfrag, icePwd }) => iceUfrag && icePwd);
  // The library makes a number of a text of digits.
  return owner ? { ufrag: String(owner.iceUfrag), password: String(owner.icePwd) } : null;
}

/**
 * What SRS would refuse an offer for: it closes the connection then and gives no reason. Null where
 * it can be answered.
 */
export function offerFault(sdp: string, role: Role): OfferFault | null {
  if (!/^v=0\r?\n/.test(sdp)) return { status: 400, reason: 'the body is no SDP offer' };
  const { session, media } = readSdp(sdp);
  if (media.length === 0) return { status: 400, reason: 'the SDP offer has no m-line' };
  if (iceOf(sdp) === null) return { status: 400, reason: 'the SDP offer has no ICE ufrag and pwd' };
  const groups = session.groups ?? [];
  if (!groups.some(({ type }) => type === 'BUNDLE')) return refused('without BUNDLE');
  for (const line of media) {
    const reason = lineFault(line, session.direction, role);
    if (reason !== null) return refused(reason);
  }
  return null;
}

/** The answer with these candidates in the place of its own, the most wanted one first. */
export function withCandidates(sdp: string, candidates: readonly RtcCandidate[]): string {
  const { session, media } = readSdp(sdp);
  const lines = candidates.map(({ ip, port, transport }, index) => ({
    ...{ foundation: String(index), component: 1, transport, ip, port, type: 'host' },
    priority: HOST_PRIORITY - index * 256 - (transport === 'tcp' ? TCP_PENALTY : 0),
    ...(transport === 'tcp' ? { tcptype: 'passive' } : {}),
    generation: 0,
  }));
  return write({ ...session, media: media.map((line) => ({ ...line, candidates: lines })) });
}

/** The candidates of an answer, as of its first m-line: all its lines have the same ones. */
export function candidatesOf(sdp: string): RtcCandidate[] {
  const candidates = readSdp(sdp).media[0]?.candidates ?? [];
  return candidates.map(({ ip, port, transport }) => ({
    ip,
    port,
    transport: transport.toLowerCase() === 'tcp' ? 'tcp' : 'udp',
  }));
}

function lineFault(line: Media, direction: string | undefined, role: Role): string | null {
  if (line.type !== 'audio' && line.type !== 'video') return `with media of type ${line.type}`;
  if (line.rtcpMux === undefined) return 'without rtcp-mux';
  const wanted = line.direction ?? direction ?? 'sendrecv';
  return wanted === WRONG_DIRECTION[role] ? `to ${role} with ${wanted}` : null;
}

function refused(reason: string): OfferFault {
  return { status: 406, reason: `an SDP offer ${reason} cannot be answered` };
}

/** The library throws for nothing; what it cannot read it leaves out. */
function readSdp(sdp: string): { session: SessionDescription; media: readonly Media[] } {
  const session = parse(sdp);
  return { session, media: session.media };
}
