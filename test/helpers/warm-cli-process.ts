/**
 * Runs the program again and again in one process, which loads its modules once: `main` is loaded
 * anew for each command, as if it were the only one. A NUL ends the output of each.
 */
import { writeSync } from 'node:fs';
import { BIN } from './paths.js';
import type { WarmAnswer, WarmOrder } from './warm-cli.js';

let count = 0;

process.on('message', ({ args, env, cwd }: WarmOrder) => {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  Object.assign(process.env, env);
  process.argv = [process.execPath, BIN, ...args];
  process.exitCode = 0;
  count += 1;
  const ended = import(`../../src/main.js?${count}`);
  void ended.then(() => {
    for (const output of [1, 2]) writeSync(output, '\0');
    const answer: WarmAnswer = { code: Number(process.exitCode) };
    process.send?.(answer);
    process.exitCode = 0;
  });
});
