import type { LiveFormat } from '../config/config.js';
import type { Duties } from './duties.js';
import type { HooksPlan } from './hooks-conf.js';
import type { Template } from './template.js';
import type { ChildPorts } from './types.js';

/** What all children's configs have in common. */
export interface ConfOptions {
  /** TCP connections of clients. */
  readonly maxConnections: number;
  readonly template: Template;
  /** Without a template: vhosts besides the default one, and how each is played by HTTP. */
  readonly vhosts: Readonly<Record<string, LiveFormat>>;
  /** Without a template: null where HLS is off. */
  readonly hls: { readonly fragmentSeconds: number; readonly windowSeconds: number } | null;
  readonly rtc: boolean;
  readonly srt: boolean;
  /** Which of these two listen on loopback alone. SRS before 7.0.67 binds every address. */
  readonly onLoopback: { readonly rtc: boolean; readonly srt: boolean };
}

/** All that one child's srs.conf is made of. */
export interface ConfPlan extends ConfOptions {
  readonly id: string;
  /** Which life of the child it is for. */
  readonly generation: number;
  readonly ports: ChildPorts;
  readonly pidFile: string;
  /** Directory that the HTTP server shows, shared by all children. */
  readonly html: string;
  /** Directory that all children write HLS below. */
  readonly hlsDir: string;
  /** Directory that the ffmpegs which it starts log in. */
  readonly ffmpegLogDir: string;
  readonly duties: Duties;
  /** Whether SRS shall watch its parent and end with it. It refuses to where the parent is pid 1. */
  readonly asprocess: boolean;
  /** How it calls us; null: its hooks are as the template has them. */
  readonly hooks: HooksPlan | null;
}
