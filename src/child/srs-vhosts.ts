import type { LiveFormat } from '../config/config.js';
import type { Directive } from '../srs-conf/parse.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import { block, line } from './directives.js';
import { withHooks } from './hooks-conf.js';
import type { ConfPlan } from './srs-conf.js';

/** HLS directives that say where files lie: ours, for all children share one directory. */
const HLS_FILES = new Set(['hls_path']);

/** A child's vhosts: the template's with our places for files, else ours. All of them call us. */
export function vhostBlocks(plan: ConfPlan): Directive[] {
  const { hooks } = plan;
  const vhosts = plainVhosts(plan);
  if (hooks === null) return vhosts;
  return vhosts.map(({ args, children }) =>
    block('vhost', [...args], withHooks(children ?? [], hooks)),
  );
}

function plainVhosts(plan: ConfPlan): Directive[] {
  const theirs = (plan.template ?? []).filter(({ name }) => name === 'vhost');
  if (theirs.length > 0) return theirs.map((vhost) => adapted(vhost, plan));
  const formats = { [DEFAULT_VHOST]: 'flv' as const, ...plan.vhosts };
  return Object.entries(formats).map(([name, format]) => ownVhost(name, format, plan));
}

function adapted({ args, children }: Directive, plan: ConfPlan): Directive {
  const blocks = (children ?? []).map((child) =>
    child.name === 'hls' ? block('hls', [...child.args], hlsOf(child.children ?? [], plan)) : child,
  );
  return block('vhost', [...args], blocks);
}

function hlsOf(theirs: readonly Directive[], plan: ConfPlan): Directive[] {
  return [...theirs.filter(({ name }) => !HLS_FILES.has(name)), ...hlsFiles(plan)];
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
      ...(hasHls ? [block('hls', [], [on, ...hlsTimes(hls), ...hlsFiles(plan)])] : []),
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

function hlsFiles({ html }: ConfPlan): Directive[] {
  return [line('hls_path', html)];
}
