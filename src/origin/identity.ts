import { readFileSync, writeFileSync } from 'node:fs';
import type { OriginConf } from './conf/conf.js';
import { randomId, vid } from './ids.js';

/** The SRS release that mini-srs imitates and reports as its version. */
export const VERSION = '7.0.18';
/**
 * Server signature: SRS's format, with a word for mini-srs in place of the release's name. It is as
 * long as that name, so that metadata and heads have the lengths that SRS's have.
 */
export const SIGNATURE = `SRS/${VERSION}(mini)`;

/** Ids of this process: `server` stays across restarts, `service` does not. */
export interface Identity {
  readonly server: string;
  readonly service: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Takes the server id from the config, else from the file beside the pid file, else makes one. */
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
