import { closeSync, fstatSync, readSync, writeSync } from 'node:fs';
import type { Posix } from '../system/posix.js';
import { decodeHandover, encodeHandover, type Handover } from './document.js';
import { STATE_VARIABLE } from './variable.js';

/** The call of a program: `node SCRIPT WORD …` with an environment. */
export interface ProgramCall {
  readonly script: string;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** They live on as any descriptor, and are closed with the others otherwise. */
const STDIO = [0, 1, 2];

/** Writes a document to a file in memory; returns its descriptor. Throws where there is none. */
export function writeHandover(posix: Posix, handover: Omit<Handover, 'format'>): number {
  const fd = posix.memoryFile('srs-supervisor-state');
  if (fd < 0) throw new Error('the system has no file in memory for the state (memfd_create)');
  const bytes = encodeHandover(handover);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
  return fd;
}

/** Reads a document from a file. Throws an error of one line. */
export function readHandover(fd: number): Handover {
  const bytes = Buffer.alloc(fstatSync(fd).size);
  for (let at = 0; at < bytes.length; ) {
    const got = readSync(fd, bytes, at, bytes.length - at, at);
    if (got === 0) break;
    at += got;
  }
  return decodeHandover(bytes);
}

/**
 * Runs a program in this process, and hands the state to it. Returns only if the system refuses
 * that: with its error code, and all threads run on.
 */
export function execProgram(
  posix: Posix,
  { script, words, env }: ProgramCall,
  handover: Omit<Handover, 'format'>,
): string {
  const fd = writeHandover(posix, handover);
  const lasting = [...STDIO, fd, ...handover.descriptors];
  for (const one of lasting) posix.inherit(one, true);
  const argv = [process.execPath, ...process.execArgv, script, ...words];
  const code = posix.exec(process.execPath, argv, { ...env, [STATE_VARIABLE]: `${fd}` });
  for (const one of lasting) posix.inherit(one, STDIO.includes(one));
  closeSync(fd);
  return code;
}

/**
 * Returns the state that the program before this one has left, once; null: there was none. Programs
 * that this one starts do not get its descriptors. Throws an error of one line.
 */
export function takeHandover(posix: Posix | null, env: NodeJS.ProcessEnv): Handover | null {
  const fd = Number(env[STATE_VARIABLE] ?? Number.NaN);
  delete env[STATE_VARIABLE];
  if (Number.isNaN(fd)) return null;
  const handover = readHandover(fd);
  closeSync(fd);
  for (const one of handover.descriptors) posix?.inherit(one, false);
  return handover;
}
