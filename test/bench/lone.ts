import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Origin } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { until } from '../helpers/until.js';

/** A lone origin with the config that a child of the box has. */
export interface Lone {
  readonly process: ChildProcess;
  readonly rtmpPort: number;
  readonly folder: string;
}

/** Starts an origin by the config of c001, with ports of its own and nobody to call. */
export async function startLone(origin: Origin, workDir: string): Promise<Lone> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-lone-'));
  const text = await readFile(join(workDir, 'conf', 'c001.conf'), 'utf8');
  const conf = join(folder, 'lone.conf');
  const { alone, api, rtmpPort } = await withoutBox(text, folder);
  await writeFile(conf, alone);
  const process = spawn(origin.path, ['-c', conf], { cwd: folder, stdio: 'ignore' });
  await until('the lone origin', async () => {
    const answer = await fetch(`http://127.0.0.1:${api}/api/v1/versions`).catch(() => null);
    return answer?.ok === true;
  });
  return { process, rtmpPort, folder };
}

/** Returns the config with free ports, its own pid file, and no hooks or heartbeat. */
async function withoutBox(text: string, folder: string) {
  const used = [...new Set(text.match(/(?<=listen +(?:127\.0\.0\.1:)?)\d+(?=;)/g))];
  const portOf = new Map<string, number>();
  for (const port of used) portOf.set(port, await freePort());
  const api = /http_api \{[^}]*?listen 127\.0\.0\.1:(\d+)/s.exec(text)?.[1] ?? '';
  const alone = text
    .replaceAll(/(?<=listen +(?:127\.0\.0\.1:)?)\d+(?=;)/g, (port) => `${portOf.get(port)}`)
    .replace(/^pid .*$/m, `pid ${join(folder, 'lone.pid')};`)
    .replace(/^asprocess .*$/m, 'asprocess off;')
    .replace(/^heartbeat \{.*?^\}$/ms, '')
    .replaceAll(/^\s*http_hooks \{.*?^\s*\}$/gms, '');
  const rtmp = /^listen (?:127\.0\.0\.1:)?(\d+);/m.exec(text)?.[1] ?? '';
  return { alone, api: portOf.get(api) ?? 0, rtmpPort: portOf.get(rtmp) ?? 0 };
}

export async function endLone(lone: Lone | null): Promise<void> {
  lone?.process.kill('SIGKILL');
  if (lone !== null) await rm(lone.folder, { recursive: true, force: true });
}
