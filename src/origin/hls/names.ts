import path from 'node:path';
import type { StreamName } from '../../stream-key.js';

function two(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}

/** Replaces SRS's stream variables: `[vhost] [app] [stream]`. */
export function fillStream(template: string, { vhost, app, stream }: StreamName): string {
  return template
    .replaceAll('[vhost]', vhost)
    .replaceAll('[app]', app)
    .replaceAll('[stream]', stream);
}

/**
 * Replaces SRS's time variables, in local time: `[timestamp]`, `[2006] [01] [02] [15] [04] [05]
 * [999]`.
 */
export function fillTime(template: string, now: Date): string {
  return template
    .replaceAll('[2006]', String(now.getFullYear()))
    .replaceAll('[01]', two(now.getMonth() + 1))
    .replaceAll('[02]', two(now.getDate()))
    .replaceAll('[15]', two(now.getHours()))
    .replaceAll('[04]', two(now.getMinutes()))
    .replaceAll('[05]', two(now.getSeconds()))
    .replaceAll('[999]', two(now.getMilliseconds(), 3))
    .replaceAll('[timestamp]', String(now.getTime()));
}

/** Returns the path of `name` below `dir`, or null if a client's name would lead out of it. */
export function below(dir: string, name: string): string | null {
  const root = path.resolve(dir);
  const file = path.resolve(root, name);
  return file.startsWith(`${root}${path.sep}`) && !name.includes('\0') ? file : null;
}
