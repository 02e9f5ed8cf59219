import { type Amf0Object, ecmaArray } from './amf0.js';

/** A server's identity in its answer to `connect`: the fields that SRS sends. */
export interface ServerIdentity {
  /** `SRS/7.0.18(Hang)` */
  readonly signature: string;
  /** `7.0.18` */
  readonly version: string;
  /** IP address of the server. */
  readonly ip: string;
  readonly pid: number;
  readonly id: string;
}

/** Value of the field for authors, which SRS sends, too. */
const AUTHORS = 'srs-supervisor';
const FMS_VERSION = '3,5,3,888';

/** Returns command object and information of the `_result` of `connect`, as SRS sends them. */
export function connectAnswer(
  { signature, version, ip, pid, id }: ServerIdentity,
  objectEncoding: number,
): [Amf0Object, Amf0Object] {
  const data = ecmaArray({
    version: FMS_VERSION,
    srs_sig: 'SRS',
    srs_server: signature,
    srs_license: 'MIT',
    srs_url: 'https://github.com/ossrs/srs',
    srs_version: version,
    srs_authors: AUTHORS,
    srs_server_ip: ip,
    srs_pid: pid,
    srs_id: id,
  });
  const code = 'NetConnection.Connect.Success';
  const status = { level: 'status', code, description: 'Connection succeeded' };
  const server = { fmsVer: `FMS/${FMS_VERSION}`, capabilities: 127, mode: 1 };
  return [server, { ...status, objectEncoding, data }];
}
