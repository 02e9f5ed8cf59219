import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from '../child/environment.js';
import { renderSrsConf } from '../child/srs-conf.js';
import { testConf } from '../child/test-conf.js';
import type { Outcome } from './findings.js';
import type { Prepared } from './prepared.js';

/** Lets SRS test the config that children will get. Throws ERR_CHILD_CONFIG with its own reason. */
export async function tryConf(prepared: Prepared): Promise<Outcome<null>> {
  const { binary, template, config, env } = prepared;
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-check-'));
  try {
    const { portBase, maxConnections } = config.children;
    const path = join(folder, 'c001.conf');
    const text = renderSrsConf({
      id: 'c001',
      ports: { rtmp: portBase, api: portBase + 1, http: portBase + 2 },
      pidFile: join(folder, 'c001.pid'),
      html: folder,
      maxConnections,
      asprocess: false,
      template,
    });
    await writeFile(path, text, { mode: 0o600 });
    await testConf(binary, path, childEnvironment(env), nameOf(config.srs.template));
    return { value: null, text: `${binary.kind} takes the config that children get` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The file that is tested is gone when its name is read: people look into their own. */
function nameOf(template: string | null): string {
  return template === null ? 'the config that children get' : `srs.template: ${template}`;
}
