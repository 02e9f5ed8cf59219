import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../child/environment.js';
import { portsAt } from '../child/ports.js';
import { renderSrsConf } from '../child/srs-conf.js';
import { testConf } from '../child/test-conf.js';
import { plainReason, SupervisorError } from '../errors.js';
import type { Outcome } from './findings.js';
import { type ConfFacts, confOptions } from './prepared.js';

/** Has SRS test the children's config. Throws ERR_CHILD_CONFIG with SRS's reason. */
export async function tryConf(facts: ConfFacts): Promise<Outcome<null>> {
  const { binary, config, env } = facts;
  const folder = await temporaryFolder();
  try {
    const { portBase } = config.children;
    const path = join(folder, 'c001.conf');
    const text = renderSrsConf({
      ...confOptions(facts),
      id: 'c001',
      generation: 1,
      ports: portsAt(portBase),
      pidFile: join(folder, 'c001.pid'),
      html: folder,
      hlsDir: folder,
      ffmpegLogDir: folder,
      duties: { ingest: true },
      beats: null,
      asprocess: false,
      hooks: null,
    });
    await writeFile(path, text, { mode: 0o600 });
    await testConf(binary, path, {
      env: childEnvironment(env),
      knownAs: nameOf(config.srs.template),
    });
    return { value: null, text: `${binary.kind} takes the config that children get` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function temporaryFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'srs-supervisor-check-'));
  } catch (error) {
    const text = `TMPDIR: cannot use ${tmpdir()}: ${plainReason(error)}; set it to a directory that this user may write`;
    throw new SupervisorError('ERR_CONFIG', text, { cause: error });
  }
}

/** Returns the file name for messages. The tested file is temporary, so it names the template. */
function nameOf(template: string | null): string {
  return template === null ? 'the config that children get' : `srs.template: ${template}`;
}
