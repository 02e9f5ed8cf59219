import type { Binary } from '../child/binary.js';
import type { Folders } from '../files/folders.js';
import type { HttpPlugin } from '../listener/http/app.js';
import type { Logger } from '../logging/logger.js';
import { pageRoutes } from '../pages/routes.js';
import type { Listeners } from './listeners.js';

export interface PagesParts {
  /** The user's own files. */
  readonly folders: Folders | null;
  readonly binary: Pick<Binary, 'kind'>;
  readonly logger: Logger;
}

/** Returns the plugin of the player pages. */
export function pages({ folders, binary, logger }: PagesParts, listeners: Listeners): HttpPlugin {
  const portOf = (name: string) => listeners.address(name)?.port ?? null;
  return pageRoutes({
    users: folders,
    ports: () => ({
      origin: binary.kind,
      rtmp: portOf('rtmp'),
      api: portOf('api'),
      apiHttps: portOf('apiHttps'),
      rtc: portOf('rtc') !== null,
    }),
    logger: logger.child({ room: 'pages' }),
  });
}
