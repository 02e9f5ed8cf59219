import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to outgoing connections, and clear of our defaults. */
const FIRST = 13_000;
/** Each process of a test run has a range of its own, so that files side by side do not clash. */
const RANGE = 100;
const RANGES = 68;
/** Of a range: so many for listeners, the rest for children. */
const LISTENERS = 30;

const base = FIRST + (process.pid % RANGES) * RANGE;
let next = 0;

/** Where the ports of this process's children begin. */
export const CHILD_PORT_BASE = base + LISTENERS;

/** A TCP port of this process's range that nobody has right now; the same one comes late again. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < LISTENERS; tries++) {
    const port = base + (next++ % LISTENERS);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`no free port in ${base}-${base + LISTENERS - 1}`);
}

/** Whether nobody listens there on any address. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, exclusive: true });
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
