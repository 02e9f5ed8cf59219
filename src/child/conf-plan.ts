import type { LiveFormat } from '../config/config.js';
import type { Duties } from './duties.js';
import type { HooksPlan } from './hooks-conf.js';
import type { Template } from './template.js';
import type { ChildPorts } from './types.js';

/** Options of all children's configs. */
export interface ConfOptions {
  /** Most TCP connections of clients. */
  readonly maxConnections: number;
  readonly template: Template;
  /** Without a template: vhosts besides the default one, and how each is played by HTTP. */
  readonly vhosts: Readonly<Record<string, LiveFormat>>;
  /** Without a template: null where HLS is off. */
  readonly hls: { readonly fragmentSeconds: number; readonly windowSeconds: number } | null;
  readonly rtc: boolean;
  readonly srt: boolean;
  /** Which of the two listen on loopback only. SRS before 7.0.67 binds every address. */
  readonly onLoopback: { readonly rtc: boolean; readonly srt: boolean };
}

/** Values of one child's srs.conf. */
export interface ConfPlan extends ConfOptions {
  readonly id: string;
  readonly generation: number;
  readonly ports: ChildPorts;
  readonly pidFile: string;
  /** Root directory of the HTTP server, shared by all children. */
  readonly html: string;
  /** Directory below which all children write HLS. */
  readonly hlsDir: string;
  readonly ffmpegLogDir: string;
  readonly duties: Duties;
  /** True: SRS ends with its parent. SRS refuses this if the parent is pid 1. */
  readonly asprocess: boolean;
  /** URL for the child's heartbeats, and whole seconds between two; null: it sends none. */
  readonly beats: { readonly url: string; readonly seconds: number } | null;
  /** Hooks to us; null: hooks of the template. */
  readonly hooks: HooksPlan | null;
}
