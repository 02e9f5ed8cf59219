import type { Directive } from '../../srs-conf/parse.js';
import { BLOCK_DIRECTIVES, ROOT_DIRECTIVES, VHOST_DIRECTIVES } from './directives.js';
import { fail, isOn, text } from './read.js';

/** Throws ERR_CONFIG for what SRS refuses in a config: unknown directives, conflicting blocks. */
export function checkConf(root: readonly Directive[]): void {
  for (const directive of root) {
    if (!ROOT_DIRECTIVES.has(directive.name)) throw fail(`illegal directive ${directive.name}`);
    if (directive.name === 'vhost') checkVhost(directive);
    else checkBlock(directive, directive.name, '');
  }
}

function checkVhost({ args, children }: Directive): void {
  const vhost = children ?? [];
  const of = ` of ${args[0] ?? ''}`;
  for (const directive of vhost) {
    if (!VHOST_DIRECTIVES.has(directive.name)) throw fail(`illegal vhost.${directive.name}`);
    checkBlock(directive, `vhost.${directive.name}`, of);
  }
  const remuxes = vhost.filter(({ name }) => name === 'http_remux').length;
  if (remuxes > 1) throw fail(`vhost.http_remux only one but count=${remuxes}${of}`);
  // A segment's path would also be a live stream's.
  const mount = text(vhost, '', 'http_remux', 'mount');
  const mountsTs = isOn(vhost, false, 'http_remux', 'enabled') && mount.endsWith('.ts');
  if (mountsTs && isOn(vhost, false, 'hls', 'enabled')) {
    throw fail(`vhost.hls conflict with vhost.http-ts${of}`);
  }
}

/** Checks a block's directives at all levels, such as `http_api` and its `auth`. */
function checkBlock(block: Directive, path: string, of: string): void {
  const known = BLOCK_DIRECTIVES[block.name];
  const stranger = block.children?.find((child) => known?.has(child.name) === false);
  if (stranger !== undefined) throw fail(`illegal ${path}.${stranger.name}${of}`);
  for (const child of block.children ?? []) checkBlock(child, `${path}.${child.name}`, of);
}
