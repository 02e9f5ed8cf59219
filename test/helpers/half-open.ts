import type { Machine } from './machine.js';
import { Ffmpeg } from './media.js';
import { CLIP } from './paths.js';

const SOURCE = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy'];

/** Publishes the clip in a loop from a machine, by RTMP or SRT. */
export function publishFrom(machine: Machine, url: string): Ffmpeg {
  const format = url.startsWith('srt:') ? 'mpegts' : 'flv';
  return new Ffmpeg('ffmpeg', [...SOURCE, '-f', format, url], machine.enter);
}
