/**
 * Runs before the tests: sees that the programs they use are there, and installs what is missing
 * where it may (root on a Debian-like machine). With CI=true a program that is still missing fails
 * the run, otherwise the tests that need it say so.
 */
import { spawnSync } from 'node:child_process';

/** Program -> Debian package. */
const PROGRAMS: Readonly<Record<string, string>> = {
  ffmpeg: 'ffmpeg',
  ffprobe: 'ffmpeg',
  'redis-server': 'redis-server',
  setpriv: 'util-linux',
  taskset: 'util-linux',
  tar: 'tar',
  'systemd-analyze': 'systemd',
  'systemd-notify': 'systemd',
  python3: 'python3',
  chromium: 'chromium',
  tmux: 'tmux',
  ip: 'iproute2',
  nft: 'nftables',
};

function isThere(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v "${program}"`]).status === 0;
}

function missing(): string[] {
  return Object.keys(PROGRAMS).filter((program) => !isThere(program));
}

function install(packages: readonly string[]): void {
  console.log(`installing for the tests: ${packages.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-q', '-y', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  apt('update');
  apt('install', '--no-install-recommends', ...packages);
}

const absent = missing();
if (absent.length > 0 && process.getuid?.() === 0 && isThere('apt-get')) {
  install([...new Set(absent.map((program) => PROGRAMS[program] ?? program))]);
}
const still = missing();
if (still.length > 0) {
  const isCi = process.env.CI === 'true';
  console.error(`${isCi ? 'error' : 'note'}: the tests miss ${still.join(', ')}`);
  process.exitCode = isCi ? 1 : 0;
}
