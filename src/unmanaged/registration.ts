import { isIP } from 'node:net';
import { z } from 'zod';
import type { ChildPorts } from '../child/types.js';
import { isLoopback, isWildcard, parseAddress } from '../config/address.js';
import type { Address } from '../config/config.js';
import { SupervisorError } from '../errors.js';

/** An origin as its heartbeat describes it. */
export interface Registration {
  /** Its server id, which SRS keeps in a file across restarts. */
  readonly server: string;
  /** Its service id, new at each start. */
  readonly service: string;
  readonly pid: number;
  /** `device_id` of its config; may be ''. */
  readonly device: string;
  /** The address at which all its ports are reached. */
  readonly host: string;
  /** 0: none, or none at `host`. */
  readonly ports: ChildPorts;
  /** CPU in percent of one core; 0 without `summaries`. */
  readonly cpu: number;
}

/** Most addresses per kind of port; SRS has one or two. */
const MAX_ENDPOINTS = 16;
const TEXT = z.string('must be a text');
const NUMBER = z.number('must be a number');
const WORD = TEXT.regex(/^[\x21-\x7e]{1,64}$/, 'must be 1 to 64 printable characters');

const endpoint = TEXT.transform((text, context): Address => {
  const address = parseAddress(text.replace(/^[a-z][a-z\d+.-]*:\/\//i, ''));
  if (address !== undefined && address.port > 0) return address;
  const message = `must be port, ip:port or proto://ip:port, got ${JSON.stringify(text.slice(0, 80))}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});
const endpoints = z
  .array(endpoint, 'must be a list of ports')
  .max(MAX_ENDPOINTS, `must be ${MAX_ENDPOINTS} ports at most`);

/** The fields used here; others are ignored. SRS omits disabled ports. */
export const HEARTBEAT = z.object(
  {
    ip: TEXT.refine((ip) => isIP(ip) !== 0, 'must be an IP address'),
    server: WORD,
    service: WORD,
    pid: TEXT.regex(/^\d{1,10}$/, 'must be a process id in a string'),
    device_id: TEXT.max(256, 'must be 256 characters at most').default(''),
    rtmp: endpoints.min(1, 'must name a port').default([]),
    http: endpoints.default([]),
    api: endpoints.default([]),
    srt: endpoints.default([]),
    rtc: endpoints.default([]),
    summaries: z
      .object({ data: z.object({ self: z.object({ cpu_percent: NUMBER }) }) })
      .nullish()
      .catch(null),
  },
  'must be a JSON object',
);

type Heartbeat = z.infer<typeof HEARTBEAT>;

/**
 * Parses SRS's heartbeat. `isNear`: it came from this machine, so loopback addresses are valid.
 * @throws ERR_PROTOCOL in one line if it is malformed or names no reachable address
 */
export function readRegistration(body: unknown, isNear: boolean): Registration {
  const parsed = HEARTBEAT.safeParse(body);
  if (!parsed.success) {
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw refusal(`${path.join('.') || 'body'}: ${message}`);
  }
  const beat = parsed.data;
  if (beat.rtmp.length === 0) {
    throw refusal("rtmp: must name a port; SRS sends them with 'heartbeat { ports on; }'");
  }
  const host = hostOf(beat, isNear);
  const port = (listens: readonly Address[]) =>
    listens.find((listen) => isWildcard(listen) || listen.host === host)?.port ?? 0;
  const { server, service, device_id: device, rtmp, http, api, rtc, srt } = beat;
  const ports = { rtmp: port(rtmp), http: port(http), api: port(api) };
  const media = { rtc: port(rtc), srt: port(srt) };
  const cpu = 100 * Math.max(0, beat.summaries?.data.self.cpu_percent ?? 0);
  const life = { server, service, pid: Number(beat.pid), device };
  return { ...life, host, ports: { ...ports, ...media }, cpu };
}

/** Returns one address for all ports: one of RTMP's, and if possible one of the others', too. */
function hostOf(beat: Heartbeat, isNear: boolean): string {
  const { rtmp, http, api, rtc, srt } = beat;
  const isUsable = (listen: Address) => !isWildcard(listen) && (isNear || !isLoopback(listen));
  const everywhere = rtmp.some(isWildcard);
  const named = (everywhere ? [rtmp, http, api, rtc, srt].flat() : rtmp).find(isUsable);
  if (named?.host !== undefined) return named.host;
  if (everywhere && (isNear || !isLoopback({ host: beat.ip, port: 0 }))) return beat.ip;
  throw refusal('rtmp: listens on loopback only, and is not on this machine');
}

function refusal(text: string): SupervisorError {
  return new SupervisorError('ERR_PROTOCOL', `register: ${text}`);
}
