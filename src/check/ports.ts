import { once } from 'node:events';
import { createServer } from 'node:net';
import { formatAddress } from '../config/address.js';
import type { Address, Config } from '../config/config.js';
import { listenError } from '../listener/listen-error.js';
import type { Outcome } from './findings.js';

/** The TCP listeners that a start binds. */
const BOUND = ['rtmp', 'rtmps', 'http', 'https', 'api', 'apiHttps', 'admin'] as const;

/** Binds each port that clients come to, and lets it go again. Throws ERR_LISTEN. */
export async function provePorts({ listen }: Config): Promise<Outcome<null>> {
  const free: string[] = [];
  for (const name of BOUND) {
    const address = listen[name];
    if (address === null) continue;
    await proveFree(`listen.${name}`, address);
    free.push(`${name} ${formatAddress(address)}`);
  }
  return { value: null, text: `free: ${free.join(', ')}` };
}

async function proveFree(key: string, address: Address): Promise<void> {
  const server = createServer();
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    throw listenError(key, address, error);
  }
  server.close();
  await once(server, 'close');
}
