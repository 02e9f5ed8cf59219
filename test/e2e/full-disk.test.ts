/** The demo on a disk that gets full, and has room again. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { AdminStatus } from '../../src/admin/types.js';
import { origins } from '../helpers/origins.js';
import { NO_MOUNTS, smallDisk } from '../helpers/small-disk.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const KILOBYTES = 4096;
/** Messages of the log about the demo and the disk. */
const SPOKEN = /"msg":"(demo stream [^"]*|the disk [^"]*)"/g;

for (const origin of origins()) {
  describe(`a full disk under ${origin.name}`, { ...BOUNDED, skip: NO_MOUNTS }, () => {
    it('is said by log and status, and the demo comes back', async (t) => {
      const workDir = join(await smallDisk(t, KILOBYTES), 'run');
      const args = ['--demo'];
      const box = await RunningSupervisor.start({
        ...{ origin: origin.path, children: 2, workDir, args },
        env: { SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1', SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '3' },
      });
      const said = () => Array.from(box.output.matchAll(SPOKEN), ([, msg = '']) => msg);
      const hears = (what: string) =>
        until(`${what}: ${said().join('; ')}`, () => {
          return said().some((msg) => msg.startsWith(what));
        });
      try {
        await hears('demo stream is live');
        const ballast = join(workDir, '..', 'ballast');
        await writeFile(ballast, Buffer.alloc(KILOBYTES * 1024)).catch(() => {});
        await hears('the disk of the work directory is full');
        const { fullDisk } = await box.get<AdminStatus>('status');
        assert.equal(fullDisk?.total, KILOBYTES * 1024);
        // mini-srs goes on without HLS.
        if (origin.name === 'srs') await hears('demo stream fails, and is tried again');
        await rm(ballast);
        await hears('the disk of the work directory has room again');
        if (origin.name === 'srs') await hears('demo stream is live again');
        await until('the demo is published', async () => {
          return (await box.streams()).some(({ publishing }) => publishing);
        });
        const about = said().filter((msg) => msg.startsWith('demo'));
        assert.equal(new Set(about).size, about.length, about.join('; '));
        assert.equal((await box.get<AdminStatus>('status')).fullDisk, null);
      } finally {
        await box.stop();
      }
    });
  });
}
