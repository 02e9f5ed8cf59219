import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { processesWith } from '../helpers/processes.js';
import { findProgram } from '../helpers/programs.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const FFMPEG = findProgram('ffmpeg') ?? '';
/** mini-srs reads the directive, and starts no ffmpeg. */
const real = origins().find(({ name }) => name === 'srs');
const skip = real === undefined ? 'there is no SRS here' : FFMPEG === '' && 'needs ffmpeg';

describe('a template with an ingest', { ...BOUNDED, skip }, () => {
  let supervisor: RunningSupervisor;
  let folder: string;
  let name: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-ingest-e2e-'));
    const template = join(folder, 'srs.template');
    name = folder.slice(-6);
    const output = `rtmp://127.0.0.1:[port]/live/${name}?vhost=[vhost]`;
    const input = `input { type file; url ${CLIP}; }`;
    const ingest = `ingest i { enabled on; ${input} ffmpeg ${FFMPEG}; engine { enabled off; output ${output}; } }`;
    // No ff_log_dir: SRS's own default is a folder that is not there.
    await writeFile(template, `vhost __defaultVhost__ { ${ingest} }`);
    supervisor = await RunningSupervisor.start({
      origin: real?.path ?? '',
      children: 3,
      env: { SRS_SUPERVISOR_SRS_TEMPLATE: template },
    });
  });
  after(async () => {
    await supervisor?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const ffmpegs = async () =>
    (await processesWith(`/live/${name}`)).filter(({ line }) => line.startsWith(FFMPEG));

  it('has it run by one child, and its ffmpeg log in the work directory', async () => {
    const { child } = await supervisor.ownerOf(`live/${name}`);
    assert.equal(child, 'c001');
    assert.equal((await ffmpegs()).length, 1);
    const logs = await readdir(join(supervisor.workDir, 'logs'));
    assert.ok(
      logs.some((log) => log.startsWith('ffmpeg-ingest-')),
      logs.join(),
    );
  });

  it('has another child take over from one that is gone, which comes back without', async () => {
    const { pid } = await supervisor.child('c001');
    process.kill(pid ?? 0, 'SIGKILL');
    const taken = await until('another owner', async () => {
      const owner = await supervisor.ownerOf(`live/${name}`);
      return owner.child !== 'c001' && owner;
    });
    await until('c001 is back', async () => {
      const { state, generation } = await supervisor.child('c001');
      return state === 'ready' && generation === 2;
    });
    assert.equal((await supervisor.ownerOf(`live/${name}`)).child, taken.child);
    assert.equal((await ffmpegs()).length, 1);
  });
});
