import type { HttpPlugin } from '../listener/http/app.js';
import { pageRoutes } from '../pages/routes.js';
import type { Box } from './box.js';
import type { Fronts } from './fronts.js';

/** The player pages of the HTTP port. */
export function pages({ prepared, logger }: Box, fronts: Fronts): HttpPlugin {
  const portOf = (name: string) => fronts.address(name)?.port ?? null;
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
