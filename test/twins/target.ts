import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MINI_SRS } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { UserHooks } from '../hooks/hook-server.js';
import { Program } from '../origin/helpers.js';

/** A server before which scripts are played: a lone origin, or a box of it. */
export interface Target {
  readonly ports: Readonly<Record<'rtmp' | 'http' | 'api' | 'rtc' | 'srt', number>>;
  readonly hooks: UserHooks;
  readonly hasSrt: boolean;
  close(): Promise<void>;
}

const ACTIONS = ['connect', 'close', 'publish', 'unpublish', 'play', 'stop'];

/** The vhosts of the lone origin's config and the box's template; SRS has TS only without HLS. */
function vhosts(hooks: UserHooks): string {
  const urls = ACTIONS.map((action) => `on_${action} ${hooks.url}/hook;`).join(' ');
  return `vhost __defaultVhost__ {
    http_remux { enabled on; mount [vhost]/[app]/[stream].flv; }
    hls { enabled on; hls_fragment 1; hls_window 20; hls_path ./html; }
    rtc { enabled on; rtmp_to_rtc on; rtc_to_rtmp on; }
    srt { enabled on; srt_to_rtmp on; }
    http_hooks { enabled on; ${urls} }
  }
  vhost ts.example {
    http_remux { enabled on; mount [vhost]/[app]/[stream].ts; }
    http_hooks { enabled on; ${urls} }
  }`;
}

async function freePorts(): Promise<Target['ports']> {
  return {
    rtmp: await freePort(),
    http: await freePort(),
    api: await freePort(),
    rtc: await freePort(),
    srt: await freePort(),
  };
}

/** An origin all alone, as its users run it without us. */
export async function loneOrigin(binary: string): Promise<Target> {
  const hooks = await UserHooks.start();
  const ports = await freePorts();
  const directory = await mkdtemp(join(tmpdir(), 'srs-twins-'));
  const conf = join(directory, 'srs.conf');
  await writeFile(conf, loneConf(ports, directory, hooks));
  const program = new Program(binary, ['-c', conf]);
  const close = async () => {
    await program.stop('SIGKILL');
    await hooks.close();
    await rm(directory, { recursive: true, force: true });
  };
  await until(
    () => `an answering API: ${program.output}`,
    () => answers(ports.api),
  ).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { ports, hooks, hasSrt: hasSrt(binary), close };
}

function hasSrt(binary: string): boolean {
  return binary !== MINI_SRS;
}

function loneConf(ports: Target['ports'], directory: string, hooks: UserHooks): string {
  return `listen 127.0.0.1:${ports.rtmp}; pid ${directory}/srs.pid; daemon off;
    srs_log_tank console; max_connections 300;
    http_api { enabled on; listen 127.0.0.1:${ports.api}; raw_api { enabled on; allow_reload on; } }
    http_server { enabled on; listen 127.0.0.1:${ports.http}; dir ${directory}/html; }
    rtc_server {
      enabled on; listen ${ports.rtc}; candidate 127.0.0.1; protocol all;
      tcp { enabled on; listen ${ports.rtc}; }
    }
    srt_server { enabled on; listen ${ports.srt}; }
    ${vhosts(hooks).replace('./html', `${directory}/html`)}`;
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/api/v1/versions`).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Two such origins behind a supervisor. */
export async function box(binary: string): Promise<Target> {
  const hooks = await UserHooks.start();
  const ports = await freePorts();
  const directory = await mkdtemp(join(tmpdir(), 'srs-twins-'));
  const template = join(directory, 'template.conf');
  await writeFile(
    template,
    `http_api { enabled on; raw_api { enabled on; allow_reload on; } }\n${vhosts(hooks)}`,
  );
  const { http, api, rtc, srt } = ports;
  const supervisor = await RunningSupervisor.start({
    origin: binary,
    children: 2,
    rtmpPort: ports.rtmp,
    ports: { http, api: `127.0.0.1:${api}`, rtc, srt },
    env: {
      SRS_SUPERVISOR_SRS_TEMPLATE: template,
      SRS_SUPERVISOR_RTC_CANDIDATES: '127.0.0.1',
      // Publishers of the scripts send nothing, and SRS takes none of them over.
      SRS_SUPERVISOR_PUBLISH_TAKEOVER: 'refuse',
    },
  });
  const close = async () => {
    await supervisor.dispose();
    await hooks.close();
    await rm(directory, { recursive: true, force: true });
  };
  return { ports, hooks, hasSrt: hasSrt(binary), close };
}
