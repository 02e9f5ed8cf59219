import { execFileSync } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';

/** A self-signed certificate for `localhost` and a name, and its key. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Writes a new pair to a folder, replacing the old one; each file atomically. */
export async function makeCertificate(folder: string, name: string): Promise<TestCertificate> {
  const made = { cert: join(folder, 'new-cert.pem'), key: join(folder, 'new-key.pem') };
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost'],
      ...['-keyout', made.key, '-out', made.cert],
    ],
    { stdio: 'ignore' },
  );
  const kept = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await rename(made.cert, kept.cert);
  await rename(made.key, kept.key);
  return kept;
}
