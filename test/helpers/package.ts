import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BIN } from './paths.js';

/** Loads as the program does and proves itself, but cannot open a port. */
export const FAILS = `import net from 'node:net';
if (process.argv[2] === 'run') net.Server.prototype.listen = () => { throw new Error('no port'); };
await import(${JSON.stringify(BIN)});
`;

/** Makes a package with that program in a folder; returns its path. */
export async function makePackage(path: string, script: string): Promise<string> {
  await mkdir(join(path, 'bin'), { recursive: true });
  await writeFile(join(path, 'bin/srs-supervisor.js'), script);
  await writeFile(join(path, 'package.json'), '{"type":"module"}');
  return path;
}
