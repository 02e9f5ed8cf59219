import { z } from 'zod';
import { EVENT_ENTRY } from '../events/event.js';
import { JOB_STATUS } from '../jobs/job.js';
import { type AdminPort, adminAsk } from './client.js';
import {
  ADMIN_STATUS,
  CHILD_ROW,
  CLIENT_ROW,
  PORT_CONNECTION,
  STREAM_ROW,
  UPGRADE_STATUS,
} from './types.js';

/**
 * Schemas of what the admin port tells, by path below `/admin/v1/`. The routes answer by them, the
 * OpenAPI document is made from them, and those who ask have their types from them.
 */
export const ANSWERS = {
  status: ADMIN_STATUS,
  children: z.array(CHILD_ROW),
  streams: z.array(STREAM_ROW),
  connections: z.array(PORT_CONNECTION),
  clients: z.array(CLIENT_ROW),
  events: z.array(EVENT_ENTRY),
  jobs: z.array(JOB_STATUS),
  upgrade: UPGRADE_STATUS,
} as const;

export type ToldPath = keyof typeof ANSWERS;
export type AnswerOf<P extends ToldPath> = Readonly<z.infer<(typeof ANSWERS)[P]>>;

/** Asks a running supervisor for what it tells at a path. @throws ERR_ADMIN */
export function adminRead<P extends ToldPath>(
  port: AdminPort,
  path: P,
  query = new URLSearchParams(),
): Promise<AnswerOf<P>> {
  const search = query.size === 0 ? '' : `?${query}`;
  return adminAsk(port, { method: 'GET', path: `/admin/v1/${path}${search}` });
}
