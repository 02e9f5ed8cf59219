#!/usr/bin/env node
// First and alone: see there. Static imports would load the whole program before it.
import '../dist/src/cli/early-signals.js';
import { readFileSync } from 'node:fs';

/** Node opens the files of a program many at a time, and says many things where it cannot. */
const FEW_FILES = 256;

function fileLimit() {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? FEW_FILES);
  } catch {
    return FEW_FILES;
  }
}

// Now: later there may be no descriptor to read it by.
const limit = fileLimit();
try {
  await import('../dist/src/main.js');
} catch (error) {
  if (error.code !== 'EMFILE' && limit >= FEW_FILES) throw error;
  const text = `ulimit -n is ${limit}, too low to load the program; raise it to 4096 or more`;
  process.stderr.write(`srs-supervisor: ${text}\n`);
  process.exitCode = 2;
}
