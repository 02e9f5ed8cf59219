import type { Worker } from 'node:worker_threads';
import { messageOf } from '../errors.js';

/** Resolves when a worker thread has ended, with its uncaught error's message or its exit code. */
export function workerEnd(worker: Worker): Promise<string> {
  let reason: string | null = null;
  worker.once('error', (error) => {
    reason = messageOf(error);
  });
  return new Promise((resolve) => {
    worker.once('exit', (code) => resolve(reason ?? `exit code ${code}`));
  });
}
