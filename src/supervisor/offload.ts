import { randomBytes } from 'node:crypto';
import { isWildcard } from '../config/address.js';
import type { Address } from '../config/config.js';
import { messageOf } from '../errors.js';
import { SILENT_MS } from '../listener/webrtc/sessions.js';
import type { Logger } from '../logging/logger.js';
import { Steering } from '../relay/kernel/steering.js';

/**
 * Returns a function that opens the kernel table of a port, under a unique name. If that fails, it
 * logs a warning and resolves to null.
 */
export function steerer(connections: number, address: Address, logger: Logger) {
  return async (port: number): Promise<Steering | null> => {
    const name = `srs_supervisor_${port}_${randomBytes(4).toString('hex')}`;
    const host = isWildcard(address) ? null : (address.host ?? null);
    const table = { name, port, host, size: connections };
    try {
      return await Steering.open({ table, idleMs: SILENT_MS, logger });
    } catch (error) {
      const reason = messageOf(error).split('\n').at(-1);
      logger.warn(
        { reason },
        'rtc.media: offload does not work here, media are relayed: see docs/webrtc.md',
      );
      return null;
    }
  };
}
