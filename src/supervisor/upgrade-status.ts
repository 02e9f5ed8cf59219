import type { UpgradeStatus } from '../admin/types.js';
import { unusedSockets } from '../system/open-ports.js';
import type { Handover } from '../upgrade/document.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import { VERSION } from '../version.js';
import { PARTS } from './kept-parts.js';

const NONE: UpgradeStatus = {
  state: 'none',
  upgrades: 0,
  from: null,
  to: null,
  pauseMs: null,
  kept: 0,
  cut: {},
  error: null,
};

/** Returns the status of a program that begins with what another one has left; null: nothing. */
export function statusAfter(handover: Handover | null): UpgradeStatus {
  if (handover === null) return NONE;
  const { upgrades, version, cut, failure, parts } = handover;
  const pairs = Array.isArray(parts.pairs) ? parts.pairs.filter((pair) => pair !== null) : [];
  return {
    state: failure === null ? 'done' : 'failed',
    upgrades,
    from: version,
    to: VERSION,
    pauseMs: null,
    kept: pairs.length,
    cut,
    error: failure,
  };
}

/** Notes the owners of all that has been taken over, and closes the rest. */
export function completeAdoption(inheritance: Inheritance): void {
  const unused = new Set(unusedSockets());
  const sockets = inheritance.part(PARTS.ports)?.flatMap((port) => port.sockets) ?? [];
  inheritance.claim(...sockets.filter((fd) => !unused.has(fd)));
  for (const { process } of inheritance.part(PARTS.fleet)?.children ?? []) {
    if (process !== null) inheritance.claim(process.stdout, process.stderr);
  }
  inheritance.complete();
}

/** Returns the sign of connection ids: programs of one process must not give the same id twice. */
export function idMarkOf(inheritance: Inheritance | null): string {
  return inheritance === null ? '' : `u${inheritance.handover.upgrades.toString(36)}-`;
}
