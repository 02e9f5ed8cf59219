import { mkdir, writeFile } from 'node:fs/promises';
import { ffmpegLogFolder } from './duties.js';
import type { ChildSetup } from './setup.js';
import { renderSrsConf } from './srs-conf.js';
import type { ChildPorts } from './types.js';

/** The generation of a child that a config is for. */
export interface ConfLife {
  readonly id: string;
  readonly generation: number;
  readonly ports: ChildPorts;
}

/** Writes the config of one generation of a child; returns the path. */
export async function writeConf(setup: ChildSetup, life: ConfLife): Promise<string> {
  const { workDir, asprocess, hooks, times } = setup;
  const conf = setup.conf();
  const url = setup.beatUrl(life);
  const ffmpegLogDir = ffmpegLogFolder(conf.template, workDir.path);
  await mkdir(ffmpegLogDir, { recursive: true, mode: 0o700 });
  const text = renderSrsConf({
    ...conf,
    ...life,
    pidFile: workDir.pid(life.id),
    html: workDir.html,
    hlsDir: workDir.hls,
    ffmpegLogDir,
    duties: setup.duties(life.id),
    asprocess,
    beats: url === null ? null : { url, seconds: times().beatEvery / 1000 },
    hooks: hooks(life.id),
  });
  const path = workDir.conf(life.id);
  await writeFile(path, text, { mode: 0o600 });
  setup.started.note(life, conf);
  return path;
}
