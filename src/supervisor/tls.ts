import type { Config } from '../config/config.js';
import { Certificate } from '../listener/certificate.js';
import type { Logger } from '../logging/logger.js';
import type { Renewals } from './renewals.js';

/** Opens the certificate of the TLS ports; null if there is none. @throws ERR_CONFIG */
export async function openCertificate(
  { listen, tls }: Pick<Config, 'listen' | 'tls'>,
  logger: Logger,
): Promise<Certificate | null> {
  const { cert, key } = tls;
  const isWanted = listen.rtmps ?? listen.https ?? listen.apiHttps;
  if (!isWanted || cert === null || key === null) return null;
  return Certificate.open({ cert, key }, logger.child({ room: 'tls' }));
}

/** Has a reload open other certificate files. */
export function renewTls(renewals: Renewals, certificate: Certificate | null): void {
  renewals.on(['tls.cert', 'tls.key'], async ({ tls: { cert, key } }) => {
    if (cert !== null && key !== null) await certificate?.renew({ cert, key });
  });
}
