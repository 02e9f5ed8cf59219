import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import {
  createSecureContext,
  type SecureContext,
  type SecureContextOptions,
  type Server,
  TLSSocket,
} from 'node:tls';
import { codeOf, messageOf, plainReason, SupervisorError } from '../errors.js';
import type { Logger } from '../logging/logger.js';

/**
 * Interval of checks. Files are polled, because certbot and Kubernetes replace the target of a
 * link, and a watcher of the link's directory does not see that.
 */
const LOOK_MS = 2000;
/** Delay after a change: the second file of a pair may be written a moment later. */
const SETTLE_MS = 300;

export interface CertificateFiles {
  /** PEM, with the chain after the certificate. */
  readonly cert: string;
  readonly key: string;
}

/** One certificate and key for all TLS ports, read again when the files change. */
export class Certificate {
  #files: CertificateFiles;
  readonly #lookMs: number;
  readonly #logger: Logger;
  readonly #servers = new Set<Server>();
  #options: SecureContextOptions;
  #context: SecureContext;
  #settling: NodeJS.Timeout | undefined;
  readonly #changed = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.ino === before.ino) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.reload(), SETTLE_MS).unref();
  };

  /** @throws ERR_CONFIG as `loadCertificate` does */
  static async open(files: CertificateFiles, logger: Logger, lookMs = LOOK_MS) {
    return new Certificate(files, await loadCertificate(files), { logger, lookMs });
  }

  private constructor(
    files: CertificateFiles,
    options: SecureContextOptions,
    { logger, lookMs }: { logger: Logger; lookMs: number },
  ) {
    this.#files = files;
    this.#options = options;
    this.#context = createSecureContext(options);
    this.#logger = logger;
    this.#lookMs = lookMs;
    this.#watch();
  }

  /** Options for a new server. */
  get options(): SecureContextOptions {
    return this.#options;
  }

  /** Keeps this server's certificate current for new handshakes. */
  keep(server: Server): void {
    this.#servers.add(server);
    server.once('close', () => this.#servers.delete(server));
  }

  /** Returns the server side of a TLS connection over a socket. */
  secure(socket: Socket): TLSSocket {
    return new TLSSocket(socket, { isServer: true, secureContext: this.#context });
  }

  /** Goes by other files from now on, unless they are refused. Never rejects. */
  async renew(files: CertificateFiles): Promise<void> {
    this.close();
    this.#files = files;
    this.#watch();
    await this.reload();
  }

  /** Reads the files now, and logs the result if they changed. Never rejects. */
  async reload(): Promise<void> {
    try {
      const options = await loadCertificate(this.#files);
      if (isSame(options, this.#options)) return;
      this.#options = options;
      this.#context = createSecureContext(options);
      for (const server of this.#servers) server.setSecureContext(options);
      this.#logger.info({ cert: this.#files.cert }, 'the certificate was read again');
    } catch (error) {
      const reason = messageOf(error);
      this.#logger.warn(
        { cert: this.#files.cert, reason },
        'new certificate refused, old one kept',
      );
    }
  }

  #watch(): void {
    for (const file of [this.#files.cert, this.#files.key]) {
      watchFile(file, { interval: this.#lookMs, persistent: false }, this.#changed);
    }
  }

  close(): void {
    clearTimeout(this.#settling);
    for (const file of [this.#files.cert, this.#files.key]) unwatchFile(file, this.#changed);
  }
}

/** Reads both files. @throws ERR_CONFIG if they are missing or do not match */
export async function loadCertificate(files: CertificateFiles): Promise<SecureContextOptions> {
  const minVersion = 'TLSv1.2' as const;
  const cert = await readPem('tls.cert', files.cert);
  const options = { cert, key: await readPem('tls.key', files.key), minVersion };
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    throw refused(files, error);
  }
}

async function readPem(key: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const text = `${key}: ${path}: ${plainReason(error)}; name a PEM file that this user may read`;
    throw new SupervisorError('ERR_CONFIG', text, { cause: error });
  }
}

/** OpenSSL's codes, in words. */
const TLS_REASONS: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key is not that of the certificate',
  ERR_OSSL_PEM_NO_START_LINE: 'one of them is no PEM file',
  ERR_OSSL_UNSUPPORTED: 'the key is no PEM file, or of a kind that OpenSSL does not know',
  ERR_OSSL_BAD_DECRYPT: 'the key is encrypted; write it without a passphrase',
  ERR_MISSING_PASSPHRASE: 'the key is encrypted; write it without a passphrase',
  ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED: 'the key is encrypted; write it without a passphrase',
};

function refused({ cert, key }: CertificateFiles, error: unknown): SupervisorError {
  const reason = TLS_REASONS[codeOf(error)] ?? `OpenSSL takes them for no pair (${codeOf(error)})`;
  const text = `tls.cert, tls.key: ${cert}, ${key}: ${reason}; both must be PEM files, the chain behind the certificate`;
  return new SupervisorError('ERR_CONFIG', text, { cause: error });
}

function isSame(one: SecureContextOptions, other: SecureContextOptions): boolean {
  return String(one.cert) === String(other.cert) && String(one.key) === String(other.key);
}
