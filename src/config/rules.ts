import { formatAddress, isLoopback, overlaps } from './address.js';
import type { Config } from './config.js';

/** What is wrong between keys: the key to point at, and the rule with its values. */
export interface Problem {
  readonly key: string;
  readonly text: string;
}

type Listener = keyof Config['listen'];

// RTC and SRT are UDP: the kernel keeps the two transports' ports apart.
const TRANSPORTS: readonly (readonly Listener[])[] = [
  ['rtmp', 'http', 'api', 'admin'],
  ['rtc', 'srt'],
];

/** Checks what no key can know alone; null when all is well. `isSet`: somebody named this key. */
export function findProblem(config: Config, isSet: (key: string) => boolean): Problem | null {
  return portClash(config, isSet) ?? openAdmin(config);
}

function portClash({ listen }: Config, isSet: (key: string) => boolean): Problem | null {
  for (const names of TRANSPORTS) {
    for (const [index, name] of names.entries()) {
      const other = names.slice(index + 1).find((next) => overlaps(listen[name], listen[next]));
      if (other === undefined) continue;
      return isSet(`listen.${other}`) ? clash(listen, other, name) : clash(listen, name, other);
    }
  }
  return null;
}

function clash(listen: Config['listen'], name: Listener, other: Listener): Problem {
  const value = formatAddress(listen[name]);
  return {
    key: `listen.${name}`,
    text: `must have a port of its own, got "${value}", and listen.${other} is "${formatAddress(listen[other])}"`,
  };
}

function openAdmin({ listen, admin }: Config): Problem | null {
  if (isLoopback(listen.admin) || admin.token !== null) return null;
  return {
    key: 'listen.admin',
    text: `must be on loopback unless a token guards it, got "${formatAddress(listen.admin)}"; set admin.token (or SRS_SUPERVISOR_ADMIN_TOKEN)`,
  };
}
