/** Load of a box of a cluster, as it tells the others and as the admin port tells users. */
import { z } from 'zod';
import { BITRATE, COUNT, TIME } from './fields.js';

export const BOX_LOAD = z.object({
  state: z.string().describe('as in the status of that box'),
  version: z.string(),
  since: TIME.describe('its start, in milliseconds since 1970 by its clock'),
  children: COUNT,
  ready: COUNT.describe('children that are ready'),
  streams: COUNT.describe('streams that its own children have'),
  connections: COUNT.describe('client connections'),
  bitrateIn: BITRATE.describe('bits per second from its clients'),
  bitrateOut: BITRATE.describe('bits per second to its clients'),
  cpu: z.number().min(0).describe('CPU of its children, on average, in percent of one core'),
});
export type BoxLoad = Readonly<z.infer<typeof BOX_LOAD>>;
