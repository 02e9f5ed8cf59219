import type { HttpPlugin } from '../listener/http/app.js';
import { pageRoutes } from '../pages/routes.js';
import type { ListenerParts } from './listener-parts.js';
import type { Listeners } from './listeners.js';

/** The player pages of the HTTP port. */
export function pages({ prepared, logger }: ListenerParts, listeners: Listeners): HttpPlugin {
  const portOf = (name: string) => listeners.address(name)?.port ?? null;
  return pageRoutes({
    userDir: prepared.config.http.dir,
    ports: () => ({
      rtmp: portOf('rtmp'),
      api: portOf('api'),
      apiHttps: portOf('apiHttps'),
      rtc: portOf('rtc') !== null,
    }),
    logger: logger.child({ room: 'pages' }),
  });
}
