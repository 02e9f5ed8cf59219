import { INCOMPLETE, invalid, type Parsed, value } from '../result.js';

/** The true client's address, as a TCP load balancer reports it. */
interface ProxiedAddress {
  readonly ip: string;
  readonly port: number;
}

/** Null: a connection of the balancer itself (LOCAL), or no address (UNKNOWN, a Unix socket). */
export type ProxyHeader = ProxiedAddress | null;

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const V1 = Buffer.from('PROXY ', 'latin1');
/** Bytes, CRLF included (PROXY protocol §2.1). */
const V1_MAX = 107;
const V2_HEAD = 16;
/** Bytes. Addresses take at most 216; the rest is TLVs, which real balancers keep short. */
const V2_MAX_BODY = 4096;
const V1_LINE =
  /^PROXY (?:UNKNOWN(?: .*)?|(TCP4|TCP6) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (\d{1,5}) (\d{1,5}))$/;
const TCP4 = 0x11;
const TCP6 = 0x21;

/**
 * Parses a PROXY protocol header, version 1 or 2 (haproxy's proxy-protocol.txt), from a
 * connection's first bytes. The client's own bytes begin at `consumed`.
 */
export function parseProxyHeader(bytes: Buffer): Parsed<ProxyHeader> {
  if (startsAlike(bytes, SIGNATURE)) return parseV2(bytes);
  if (startsAlike(bytes, V1)) return parseV1(bytes);
  return invalid('no PROXY header');
}

function startsAlike(bytes: Buffer, mark: Buffer): boolean {
  const size = Math.min(bytes.length, mark.length);
  return bytes.subarray(0, size).equals(mark.subarray(0, size));
}

function parseV1(bytes: Buffer): Parsed<ProxyHeader> {
  const end = bytes.subarray(0, V1_MAX).indexOf('\r\n');
  if (end < 0) return bytes.length < V1_MAX ? INCOMPLETE : invalid('PROXY line too long');
  const match = V1_LINE.exec(bytes.toString('latin1', 0, end));
  if (match === null) return invalid('malformed PROXY line');
  const [, family, ip, , port] = match;
  if (family === undefined || ip === undefined) return value(null, end + 2);
  if (!isAddress(ip, family === 'TCP4') || Number(port) > 0xffff) {
    return invalid('malformed address in a PROXY line');
  }
  return value({ ip, port: Number(port) }, end + 2);
}

function parseV2(bytes: Buffer): Parsed<ProxyHeader> {
  if (bytes.length < V2_HEAD) return INCOMPLETE;
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const size = bytes.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) return invalid('unknown PROXY version or command');
  if (size > V2_MAX_BODY) return invalid(`PROXY header of ${size} bytes`);
  if (bytes.length < V2_HEAD + size) return INCOMPLETE;
  const body = bytes.subarray(V2_HEAD, V2_HEAD + size);
  const isLocal = command === 0x20;
  if (!isLocal && body.length < addressSize(family)) return invalid('PROXY header too short');
  return value(isLocal ? null : addressIn(body, family), V2_HEAD + size);
}

/** Returns the bytes of both addresses and ports; 0 for families that carry no IP address. */
function addressSize(family: number): number {
  return family === TCP4 ? 12 : family === TCP6 ? 36 : 0;
}

function addressIn(body: Buffer, family: number): ProxyHeader {
  if (family === TCP4) return { ip: body.subarray(0, 4).join('.'), port: body.readUInt16BE(8) };
  if (family !== TCP6) return null;
  const groups = Array.from({ length: 8 }, (_, at) => body.readUInt16BE(2 * at).toString(16));
  return { ip: groups.join(':'), port: body.readUInt16BE(32) };
}

function isAddress(ip: string, isV4: boolean): boolean {
  if (!isV4) return ip.includes(':') && URL.canParse(`http://[${ip}]`);
  const parts = ip.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}
