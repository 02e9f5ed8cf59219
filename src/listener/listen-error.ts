import { formatAddress } from '../config/address.js';
import type { Address } from '../config/config.js';
import { codeOf, messageOf, SupervisorError } from '../errors.js';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken; stop what holds it, or choose another',
  EACCES: 'no right to that port; choose one above 1023, or give CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** Returns ERR_LISTEN for a port that could not be bound: key, value, reason and remedy. */
export function listenError(key: string, address: Address, error: unknown): SupervisorError {
  const reason = REASONS[codeOf(error)] ?? messageOf(error);
  const text = `${key}: cannot listen on ${formatAddress(address)}: ${reason}`;
  return new SupervisorError('ERR_LISTEN', text, { cause: error });
}
