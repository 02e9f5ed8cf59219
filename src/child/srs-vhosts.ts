import { join } from 'node:path';
import type { LiveFormat } from '../config/config.js';
import {
  keyTemplate,
  PLAYLIST_TEMPLATE,
  segmentTemplate,
  writerName,
} from '../protocol/hls/names.js';
import { type Directive, find } from '../srs-conf/parse.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import type { ConfPlan } from './conf-plan.js';
import { block, line } from './directives.js';
import { withHooks } from './hooks-conf.js';
import { isLeftOut } from './template-rules.js';

/**
 * Returns a child's vhosts with hooks to us: those of the template with our file paths, else ours.
 */
export function vhostBlocks(plan: ConfPlan): Directive[] {
  const { hooks } = plan;
  const vhosts = plainVhosts(plan);
  if (hooks === null) return vhosts;
  return vhosts.map(({ args, children }) =>
    block('vhost', [...args], withHooks(children ?? [], hooks)),
  );
}

function plainVhosts(plan: ConfPlan): Directive[] {
  const theirs = plan.template.directives.filter(({ name }) => name === 'vhost');
  if (theirs.length > 0) return theirs.map((vhost) => adapted(vhost, plan));
  const formats = { [DEFAULT_VHOST]: 'flv' as const, ...plan.vhosts };
  return Object.entries(formats).map(([name, format]) => ownVhost(name, format, plan));
}

function adapted({ args, children }: Directive, plan: ConfPlan): Directive {
  const theirs = (children ?? []).filter(({ name }) => isChilds(name, plan));
  const hls = find(theirs, 'hls');
  if (hls === undefined) return block('vhost', [...args], [...theirs]);
  const kept = theirs.filter(({ name }) => name !== 'hls');
  return block('vhost', [...args], [...kept, ...hlsOf(args[0] ?? '', hls, plan)]);
}

/** Returns whether a child gets a directive of the template's vhost. */
function isChilds(name: string, { duties }: ConfPlan): boolean {
  return name === 'ingest' ? duties.ingest : !isLeftOut(`vhost.${name}`);
}

function hlsOf(vhost: string, { args, children }: Directive, plan: ConfPlan): Directive[] {
  const theirs = (children ?? []).filter(({ name }) => !isLeftOut(`vhost.hls.${name}`));
  const keys = find(theirs, 'hls_keys')?.args[0] === 'on' ? hlsKeys(vhost, plan) : [];
  const hls = block('hls', [...args], [...theirs, ...hlsFiles(vhost, plan), ...keys]);
  return [hls, hlsPaths(vhost, plan)];
}

function ownVhost(name: string, format: LiveFormat, plan: ConfPlan): Directive {
  const on = line('enabled', 'on');
  const mount = line('mount', `[vhost]/[app]/[stream].${format}`);
  const { hls, rtc, srt } = plan;
  // SRS refuses a vhost that has both HTTP-TS and HLS.
  const hasHls = hls !== null && format !== 'ts';
  return block(
    'vhost',
    [name],
    [
      block('http_remux', [], [on, mount]),
      ...(hasHls ? hlsOf(name, block('hls', [], [on, ...hlsTimes(hls)]), plan) : []),
      ...(rtc
        ? [block('rtc', [], [on, line('rtmp_to_rtc', 'on'), line('rtc_to_rtmp', 'on')])]
        : []),
      ...(srt ? [block('srt', [], [on, line('srt_to_rtmp', 'on')])] : []),
    ],
  );
}

function hlsTimes({ fragmentSeconds, windowSeconds }: NonNullable<ConfPlan['hls']>): Directive[] {
  return [line('hls_fragment', String(fragmentSeconds)), line('hls_window', String(windowSeconds))];
}

/** Returns the directory of a vhost below that of one generation of a child. */
function hlsPath(vhost: string, plan: ConfPlan): string {
  return join(plan.hlsDir, writerName(plan), vhost);
}

function hlsFiles(vhost: string, plan: ConfPlan): Directive[] {
  return [
    line('hls_path', hlsPath(vhost, plan)),
    line('hls_m3u8_file', PLAYLIST_TEMPLATE),
    line('hls_ts_file', segmentTemplate(plan)),
    line('hls_ts_floor', 'off'),
    // SRS must never remove files, not even at its end: a stream that moves continues with them.
    line('hls_dispose', '0'),
  ];
}

function hlsKeys(vhost: string, plan: ConfPlan): Directive[] {
  return [
    line('hls_key_file', keyTemplate(plan)),
    line('hls_key_file_path', hlsPath(vhost, plan)),
    line('hls_key_url', '/'),
  ];
}

/** Directory for `/app/stream.m3u8`, instead of the one shared by all vhosts. */
function hlsPaths(vhost: string, plan: ConfPlan): Directive {
  const dir = line('dir', hlsPath(vhost, plan));
  return block('http_static', [], [line('enabled', 'on'), line('mount', '[vhost]/'), dir]);
}
