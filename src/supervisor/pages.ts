import type { Binary } from '../child/binary.js';
import type { Template } from '../child/template.js';
import type { Folders } from '../files/folders.js';
import type { HttpPlugin } from '../listener/http/app.js';
import type { Logger } from '../logging/logger.js';
import { pageRoutes } from '../pages/routes.js';
import type { Listeners } from './listeners.js';
import type { Current } from './renewals.js';

export interface PagesParts {
  /** The user's own files. */
  readonly folders: Folders | null;
  readonly binary: Pick<Binary, 'kind'>;
  readonly current: Pick<Current, 'config'>;
  readonly template: Pick<Template, 'isGiven'>;
  readonly logger: Logger;
}

/** Returns the plugin of the player pages. */
export function pages(parts: PagesParts, listeners: Listeners): HttpPlugin {
  const { folders, binary, current, template, logger } = parts;
  const portOf = (name: string) => listeners.address(name)?.port ?? null;
  return pageRoutes({
    users: folders,
    ports: () => ({
      origin: binary.kind,
      rtmp: portOf('rtmp'),
      api: portOf('api'),
      apiHttps: portOf('apiHttps'),
      rtc: portOf('rtc') !== null,
      hlsSeconds: template.isGiven ? null : current.config.hls.fragmentSeconds,
    }),
    logger: logger.child({ room: 'pages' }),
  });
}
