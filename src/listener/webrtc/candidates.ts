import { lookup } from 'node:dns/promises';
import { messageOf } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';

/** Resolves the names in `rtc.candidates`, because browsers accept addresses only. */
export async function resolveCandidates(
  hosts: readonly string[],
  logger: Logger,
): Promise<string[]> {
  const found = await Promise.all(
    hosts.map(async (host) => {
      try {
        return await lookup(host, { all: true });
      } catch (error) {
        const reason = messageOf(error);
        logger.warn({ host, reason }, 'rtc.candidates: no address, clients are not offered it');
        return [];
      }
    }),
  );
  return found.flat().map(({ address }) => address);
}
