import { parse, type SessionDescription, write } from 'sdp-transform';
import type { Role } from '../../stream-key.js';

/** ICE credentials of one side (RFC 8839 §5.4). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

/** An address to which a browser may send its media. */
export interface RtcCandidate {
  readonly ip: string;
  readonly port: number;
  readonly transport: 'udp' | 'tcp';
}

/** Why an offer is refused, and the HTTP status for it (RFC 9725 §4.2). */
export interface OfferFault {
  readonly status: 400 | 406;
  readonly reason: string;
}

type Media = SessionDescription['media'][number];

/** Priority of a host candidate (RFC 8445 §5.1.2.1); later candidates and TCP get less. */
const HOST_PRIORITY = 2_130_706_431;
const TCP_PENALTY = 2 ** 20;

/** Browsers' offers of one audio and one video line have about 200 lines. */
const MAX_LINES = 1000;
const MAX_MEDIA = 32;
/** Most characters of a line that is parsed; the longest is a password of 256. */
const MAX_LINE = 1024;
/**
 * Lines of an offer that are parsed. Others are skipped: the library tries some sixty patterns on
 * each.
 */
const READ = [
  ...['v=', 'm=', 'a=candidate:', 'a=ice-ufrag:', 'a=ice-pwd:', 'a=group:', 'a=rtcp-mux'],
  ...['a=ssrc:', 'a=msid:'],
];
const READ_WHOLE = new Set(['a=sendrecv', 'a=sendonly', 'a=recvonly', 'a=inactive']);

/** The direction that SRS refuses for a role. */
const WRONG_DIRECTION: Readonly<Record<Role, string>> = { publish: 'recvonly', play: 'sendonly' };

/** Returns ICE ufrag and password of an offer or answer; null if it has none. */
export function iceOf(sdp: string): IceCredentials | null {
  return iceIn(readFew(sdp));
}

function iceIn({ session, media }: Sdp): IceCredentials | null {
  const owner = [session, ...media].find(({ iceUfrag, icePwd }) => iceUfrag && icePwd);
  // The library turns digits into a number.
  return owner ? { ufrag: String(owner.iceUfrag), password: String(owner.icePwd) } : null;
}

/**
 * Returns why SRS would refuse the offer, or null. SRS itself only closes the connection, without a
 * reason.
 */
export function offerFault(sdp: string, role: Role): OfferFault | null {
  if (!/^v=0\r?\n/.test(sdp)) return { status: 400, reason: 'the body is no SDP offer' };
  const lines = countUpTo(MAX_LINES + 1, '\n', sdp);
  if (lines > MAX_LINES)
    return { status: 400, reason: `the SDP offer has over ${MAX_LINES} lines` };
  const read = readFew(sdp);
  const { session, media } = read;
  if (media.length === 0) return { status: 400, reason: 'the SDP offer has no m-line' };
  if (media.length > MAX_MEDIA) {
    return { status: 400, reason: `the SDP offer has over ${MAX_MEDIA} m-lines` };
  }
  if (iceIn(read) === null)
    return { status: 400, reason: 'the SDP offer has no ICE ufrag and pwd' };
  const groups = session.groups ?? [];
  if (!groups.some(({ type }) => type === 'BUNDLE')) return refused('without BUNDLE');
  for (const line of media) {
    const reason = lineFault(line, session.direction, role);
    if (reason !== null) return refused(reason);
  }
  return null;
}

/** Replaces the candidates of an answer by these, in order of preference. */
export function withCandidates(sdp: string, candidates: readonly RtcCandidate[]): string {
  const { session, media } = readAll(sdp);
  const lines = candidates.map(({ ip, port, transport }, index) => ({
    ...{ foundation: String(index), component: 1, transport, ip, port, type: 'host' },
    priority: HOST_PRIORITY - index * 256 - (transport === 'tcp' ? TCP_PENALTY : 0),
    ...(transport === 'tcp' ? { tcptype: 'passive' } : {}),
    generation: 0,
  }));
  return write({ ...session, media: media.map((line) => ({ ...line, candidates: lines })) });
}

/** Returns the number of m-lines. An answer has as many as its offer (RFC 3264 §6). */
export function countMedia(sdp: string): number {
  return readFew(sdp).media.length;
}

/** Returns the candidates of an answer's first m-line; all its m-lines have the same ones. */
export function candidatesOf(sdp: string): RtcCandidate[] {
  const candidates = readFew(sdp).media[0]?.candidates ?? [];
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
  if (wanted === WRONG_DIRECTION[role]) return `to ${role} with ${wanted}`;
  if (role === 'play' || namesTrack(line)) return null;
  return `to publish whose ${line.type} line names no a=ssrc with a track (a=msid)`;
}

/** Reports whether SRS finds a track in a publisher's line; it answers no other line. */
function namesTrack({ ssrcs = [], msid = [] }: Media): boolean {
  const own = ssrcs.some(({ attribute, value = '' }) => attribute === 'msid' && / \S/.test(value));
  return own || (ssrcs.length > 0 && msid.some(({ appdata }) => appdata));
}

function refused(reason: string): OfferFault {
  return { status: 406, reason: `an SDP offer ${reason} cannot be answered` };
}

interface Sdp {
  readonly session: SessionDescription;
  readonly media: readonly Media[];
}

/** Parses with the library, which never throws and omits lines that it cannot read. */
function readAll(sdp: string): Sdp {
  const session = parse(sdp);
  return { session, media: session.media };
}

/** Parses only the lines that are used here, and nothing of a text with too many lines. */
function readFew(sdp: string): Sdp {
  if (countUpTo(MAX_LINES + 1, '\n', sdp) > MAX_LINES) return readAll('');
  const lines = sdp.split('\n').map((line) => line.trimEnd());
  return readAll(lines.filter(isRead).join('\r\n'));
}

function isRead(line: string): boolean {
  // The library would take a bare CR for the end of a line.
  if (line.length > MAX_LINE || line.includes('\r')) return false;
  return READ_WHOLE.has(line) || READ.some((begin) => line.startsWith(begin));
}

/** Counts the mark in the text, up to `most`. */
function countUpTo(most: number, mark: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(mark); at >= 0 && count < most; at = text.indexOf(mark, at + 1)) {
    count += 1;
  }
  return count;
}
