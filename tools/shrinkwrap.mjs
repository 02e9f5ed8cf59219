/**
 * Writes npm-shrinkwrap.json for the tarball, so that its users get the very packages that were
 * tested: package-lock.json, without what only development needs. `--remove` takes it away again.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FILE = join(ROOT, 'npm-shrinkwrap.json');

function shrinkwrap() {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const kept = Object.entries(lock.packages).filter(([, { dev }]) => !dev);
  const packages = Object.fromEntries(kept);
  const { devDependencies: _, ...root } = packages[''];
  return { ...lock, packages: { ...packages, '': root } };
}

if (process.argv.includes('--remove')) rmSync(FILE, { force: true });
else writeFileSync(FILE, `${JSON.stringify(shrinkwrap(), null, 2)}\n`);
