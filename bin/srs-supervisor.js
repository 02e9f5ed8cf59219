#!/usr/bin/env node
import { existsSync, readFileSync } from 'node:fs';

/** Node opens the files of a program many at a time, and says many things where it cannot. */
const FEW_FILES = 256;
const LEAST_NODE = [20, 19];

function fileLimit() {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? FEW_FILES);
  } catch {
    return FEW_FILES;
  }
}

function isNodeOld() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
}

/** What keeps the program from being loaded, for people; null: nothing that is known yet. */
function obstacle() {
  if (isNodeOld()) return `needs Node ${LEAST_NODE.join('.')} or newer, this is ${process.version}`;
  if (existsSync(new URL('../dist/src/main.js', import.meta.url))) return null;
  return `is not built yet: run npm ci --include=dev in ${folder()}`;
}

function folder() {
  return decodeURIComponent(new URL('..', import.meta.url).pathname);
}

/** Why it could not be loaded, for people; null: a fault of ours. */
function reasonOf({ code, message }, limit) {
  if (code === 'EMFILE' || limit < FEW_FILES) {
    return `ulimit -n is ${limit}, too low to load the program; raise it to 4096 or more`;
  }
  const [, name] = /^Cannot find package '([^']+)'/.exec(message) ?? [];
  return name === undefined ? null : `needs the package ${name}: run npm ci in ${folder()}`;
}

function fail(text) {
  process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}srs-supervisor: ${text}\n`);
  process.exitCode = 2;
}

// The rest takes a second to load on a busy machine; the progress line takes this place.
const [, , command, ...flags] = process.argv;
const isHelp = flags.some((flag) => flag === '-h' || flag === '--help');
if (command === 'run' && !isHelp && process.stderr.isTTY) {
  process.stderr.write('srs-supervisor: loading');
}

// Now: later there may be no descriptor to read it by.
const limit = fileLimit();
const known = obstacle();
if (known !== null) fail(known);
else {
  try {
    // Alone and before the rest: see there.
    await import('../dist/src/cli/early-signals.js');
    await import('../dist/src/cli/handed-over.js');
    await import('../dist/src/main.js');
  } catch (error) {
    const text = reasonOf(error, limit);
    if (text === null) throw error;
    fail(text);
  }
}
