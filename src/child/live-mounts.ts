import type { LiveFormat } from '../config/config.js';
import type { LiveMount } from '../protocol/http/live.js';
import { DEFAULT_VHOST } from '../stream-key.js';
import type { Template } from './template.js';

/** Returns the HTTP mounts of each vhost, from the template, else from our config. */
export function liveMounts(
  template: Template,
  vhosts: Readonly<Record<string, LiveFormat>>,
): LiveMount[] {
  if (template.vhosts.length > 0) {
    return template.vhosts.map(({ name, mount, isEdge }) => ({ vhost: name, mount, isEdge }));
  }
  const formats = Object.entries({ [DEFAULT_VHOST]: 'flv', ...vhosts });
  return formats.map(([vhost, format]) => {
    return { vhost, mount: `[vhost]/[app]/[stream].${format}`, isEdge: false };
  });
}
