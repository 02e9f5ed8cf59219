import { isIP } from 'node:net';
import { parseCredentials } from './credentials.js';

/** An SRS that we did not start and that sends no heartbeat. */
export interface FixedOrigin {
  /** An IP address. */
  readonly host: string;
  /** 0: not served. */
  readonly ports: Readonly<Record<Service, number>>;
  /** Credentials of its HTTP API; null: those of `origins.auth`. */
  readonly auth: string | null;
}

type Service = (typeof SERVICES)[number];

const SERVICES = ['rtmp', 'http', 'api', 'rtc', 'srt'] as const;

export const FIXED_ORIGIN_RULE =
  "origins like '10.0.0.5 rtmp=1935 http=8080 api=1985 auth=username:password'";

/**
 * Parses `10.0.0.5 rtmp=1935 api=1985`; rtmp is required. In `auth=`, spaces and commas are written
 * %20 and %2C. Undefined for anything else.
 */
export function parseFixedOrigin(text: string): FixedOrigin | undefined {
  const [host = '', ...words] = text.trim().split(/\s+/);
  const ports: Record<Service, number> = { rtmp: 0, http: 0, api: 0, rtc: 0, srt: 0 };
  let auth: string | null = null;
  for (const word of words) {
    if (word.startsWith('auth=') && auth === null) {
      const read = parseCredentials(decoded(word.slice('auth='.length)));
      if (read === undefined) return;
      auth = read;
    } else if (!readPort(word, ports)) return;
  }
  return isIP(host) === 0 || ports.rtmp === 0 ? undefined : { host, ports, auth };
}

function readPort(word: string, ports: Record<Service, number>): boolean {
  const [, name, digits] = /^([a-z]+)=(\d{1,5})$/.exec(word) ?? [];
  const service = SERVICES.find((one) => one === name);
  const port = Number(digits);
  if (service === undefined || ports[service] !== 0 || port < 1 || port > 65_535) return false;
  ports[service] = port;
  return true;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
