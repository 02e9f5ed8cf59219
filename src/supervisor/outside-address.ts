import { networkInterfaces } from 'node:os';

/** Returns this machine's first IPv4 address that is not loopback; `127.0.0.1` if it has none. */
export function outsideAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const outside = addresses.find(({ internal, family }) => !internal && family === 'IPv4');
  return outside?.address ?? '127.0.0.1';
}
