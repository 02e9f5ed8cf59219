import { closeSync } from 'node:fs';
import { messageOf } from '../errors.js';
import type { Posix } from '../system/posix.js';
import { runProgram } from '../system/run-program.js';
import type { Handover } from './document.js';
import { type ProgramCall, writeHandover } from './exec.js';

/** Milliseconds for the new program to prove itself, on a busy machine too. */
const PROOF_MS = 60_000;

/** The outcome of a proof: the version of the program, or why it cannot follow this one. */
export type Proof = { readonly version: string } | { readonly reason: string };

/**
 * Runs a program beside this one with a copy of the state: it tells whether it can be loaded,
 * understands the state and accepts the configuration. Nothing changes here. Never rejects.
 */
export async function prove(
  posix: Posix,
  { script, words }: ProgramCall,
  handover: Omit<Handover, 'format'>,
): Promise<Proof> {
  let fd = -1;
  try {
    fd = writeHandover(posix, handover);
    const state = `/proc/${process.pid}/fd/${fd}`;
    const proving = [script, 'prove', '--state', state, ...words.slice(1)];
    const command = [process.execPath, ...process.execArgv, ...proving];
    const { exitCode, output, errors, failure } = await runProgram(command, { limitMs: PROOF_MS });
    if (exitCode === 0) return versionIn(output);
    return { reason: lastLine(errors) || failure || `exit code ${exitCode}` };
  } catch (error) {
    return { reason: messageOf(error) };
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/** Returns the version that a proof has printed as its last line. */
function versionIn(output: string): Proof {
  const version = /^proven (\S+)$/m.exec(output)?.[1];
  return version === undefined ? { reason: 'it does not say that it can follow' } : { version };
}

function lastLine(text: string): string {
  return (
    text
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^srs-supervisor: /, '') ?? ''
  );
}
