/** Fields that rows of many rooms have, with their units. Rows are told as JSON. */
import { z } from 'zod';
import type { Role, StreamKey } from './stream-key.js';

/** A number of things; also bytes and bits per second. */
export const COUNT = z.int().min(0);
export const BYTES = COUNT.describe('bytes');
export const BITRATE = z.number().min(0).describe('bits per second');
export const TIME = z.number().describe('milliseconds since 1970');

/** A key has no type of its own in JSON. */
const KEY_TEXT: unknown = z
  .string()
  .describe('vhost/app/stream, where __defaultVhost__ is the default vhost');
export const STREAM_KEY = KEY_TEXT as z.ZodType<StreamKey>;
/** The role of a client; `backup`: a publisher that waits while another one has its stream. */
export const ROLE = z.enum(['publish', 'backup', 'play'] satisfies (Role | 'backup')[]);
