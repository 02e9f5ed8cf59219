import type { ConfOptions } from './conf-plan.js';
import { renderSrsConf } from './srs-conf.js';

const NO_PORTS = { rtmp: 1, http: 1, api: 1, rtc: 1, srt: 1 };

/**
 * Returns the srs.conf of any child by these options, with the same values for all that is its own.
 * `actions`: the hooks that vhosts without hooks of their own are to call. Two options make the
 * same configs if the texts are equal. Throws ERR_CONFIG as `renderSrsConf` does.
 */
export function confText(options: ConfOptions, actions: readonly string[]): string {
  return renderSrsConf({
    ...options,
    id: 'c001',
    generation: 0,
    ports: NO_PORTS,
    ...{ pidFile: '/pid', html: '/html', hlsDir: '/hls', ffmpegLogDir: '/logs' },
    duties: { ingest: true },
    asprocess: true,
    beats: null,
    hooks: { url: 'http://127.0.0.1/hook', actions, serverId: '' },
  });
}
