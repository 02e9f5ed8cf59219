import { formatAddress, isLoopback, overlaps } from './address.js';
import type { Address, Config } from './config.js';

/** A conflict between keys: the key to report, and the rule with its values. */
export interface Problem {
  readonly key: string;
  readonly text: string;
}

type Listener = keyof Config['listen'];

// TCP and UDP ports are independent; WebRTC uses both.
const TRANSPORTS: readonly (readonly Listener[])[] = [
  ['rtmp', 'rtmps', 'http', 'https', 'api', 'apiHttps', 'peer', 'rtc', 'admin'],
  ['rtc', 'srt'],
];

/** Checks rules across keys; null if all hold. `isSet` reports whether the user set a key. */
export function findProblem(config: Config, isSet: (key: string) => boolean): Problem | null {
  return (
    portClash(config, isSet) ??
    openAdmin(config) ??
    apiKeys(config) ??
    bareTls(config) ??
    shortWindow(config) ??
    needlessBackup(config)
  );
}

function portClash({ listen }: Config, isSet: (key: string) => boolean): Problem | null {
  for (const names of TRANSPORTS) {
    for (const [index, name] of names.entries()) {
      const other = names.slice(index + 1).find((next) => share(listen[name], listen[next]));
      if (other === undefined) continue;
      return isSet(`listen.${other}`) ? clash(listen, other, name) : clash(listen, name, other);
    }
  }
  return null;
}

function share(one: Address | null, other: Address | null): boolean {
  return one !== null && other !== null && overlaps(one, other);
}

function clash(listen: Config['listen'], name: Listener, other: Listener): Problem {
  const text = (address: Address | null) => (address === null ? 'off' : formatAddress(address));
  return {
    key: `listen.${name}`,
    text: `must have a port of its own, got "${text(listen[name])}", and listen.${other} is "${text(listen[other])}"`,
  };
}

function openAdmin({ listen, admin }: Config): Problem | null {
  if (isLoopback(listen.admin) || admin.token !== null) return null;
  return {
    key: 'listen.admin',
    text: `must be on loopback unless a token guards it, got "${formatAddress(listen.admin)}"; set admin.token (or SRS_SUPERVISOR_ADMIN_TOKEN)`,
  };
}

function apiKeys({ api }: Config): Problem | null {
  if (api.changes === 'token' && api.token === null) {
    const mend = 'set api.token (or SRS_SUPERVISOR_API_TOKEN), or api.changes to local';
    return { key: 'api.changes', text: `must have a token to ask for, got "token"; ${mend}` };
  }
  if ((api.username === null) === (api.password === null)) return null;
  const name = api.username === null ? 'username' : 'password';
  return { key: `api.${name}`, text: 'must be there too: username and password go together' };
}

function bareTls({ listen, tls }: Config): Problem | null {
  const name = (['rtmps', 'https', 'apiHttps'] as const).find((one) => listen[one] !== null);
  if (name === undefined || (tls.cert !== null && tls.key !== null)) return null;
  return {
    key: `listen.${name}`,
    text: 'must have a certificate; set tls.cert and tls.key to PEM files, or the listener to off',
  };
}

function shortWindow({ hls }: Config): Problem | null {
  if (hls.windowSeconds >= 3 * hls.fragmentSeconds) return null;
  const least = 3 * hls.fragmentSeconds;
  return {
    key: 'hls.windowSeconds',
    text: `must hold three fragments, ${least} seconds or more, got ${hls.windowSeconds}`,
  };
}

function needlessBackup({ publish }: Config): Problem | null {
  if (!publish.backup || publish.takeover !== 'always') return null;
  return {
    key: 'publish.backup',
    text: 'must be off with publish.takeover always, by which a second publisher never waits, got "on"',
  };
}
