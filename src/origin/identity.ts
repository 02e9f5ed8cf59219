import { readFileSync, writeFileSync } from 'node:fs';
import type { OriginConf } from './conf/conf.js';
import { randomId, vid } from './ids.js';

/** The SRS release whose behaviour mini-srs follows, and says to be where a client asks. */
export const VERSION = '7.0.18';
/** How mini-srs signs: SRS's form, with its own name in place of the release's. */
export const SIGNATURE = `SRS/${VERSION}(mini-srs)`;

/** Who this process is: `server` stays over restarts, `service` does not. */
export interface Identity {
  readonly server: string;
  readonly service: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Takes the server's id from the config, else from the file beside the pid file, else a new one. */
export function createIdentity({ serverId, pidFile }: OriginConf): Identity {
  const server = serverId ?? keptId(pidFile.replace(/(\.pid)?$/, '.id'));
  return { server, service: randomId(), pid: process.pid, startedAt: Date.now() };
}

function keptId(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim() || vid();
  } catch {
    const id = vid();
    writeFileSync(file, id);
    return id;
  }
}
