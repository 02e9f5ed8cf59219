import { once } from 'node:events';
import { createServer } from 'node:net';
import { formatAddress } from '../config/address.js';
import type { Address, Config } from '../config/config.js';
import { listenError } from '../listener/listen-error.js';
import type { Outcome } from './findings.js';

/** The listeners that a start binds. */
const BOUND = ['rtmp', 'admin'] as const;

/** Binds each port that clients come to, and lets it go again. Throws ERR_LISTEN. */
export async function provePorts({ listen }: Config): Promise<Outcome<null>> {
  for (const name of BOUND) await proveFree(`listen.${name}`, listen[name]);
  const text = BOUND.map((name) => `${name} ${formatAddress(listen[name])}`).join(', ');
  return { value: null, text: `free: ${text}` };
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
