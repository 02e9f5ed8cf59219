import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import type { AccessListRule, SigningKey } from './access-config.js';
import type { Reader } from './readers.js';

const network = z
  .string()
  .refine((text) => ipaddr.isValid(text) || ipaddr.isValidCIDR(text))
  .array()
  .default([]);
const side = z
  .strictObject({
    allow: network,
    deny: network,
    token: z
      .enum(['off', 'signed', 'jwt', 'required'])
      // YAML 1.1 programs write `off` as false.
      .or(z.literal(false).transform(() => 'off' as const))
      .default('off'),
  })
  .nullable()
  .default(null);
const name = z
  .string()
  .regex(/^[^\s*]+$/)
  .or(z.literal('*').transform(() => null))
  .nullable()
  .default(null);
const rules = z.strictObject({ vhost: name, app: name, publish: side, play: side }).array();

/** Reads rules as YAML has them, or their JSON as text. */
export const accessRules: Reader<readonly AccessListRule[]> = {
  rule:
    'a list of rules like {app: live, publish: {allow: [10.0.0.0/8], deny: [10.0.0.9]}, ' +
    'play: {token: required}}, with vhost, app, publish, play; token: off, signed, jwt, required',
  read: (raw) => rules.safeParse(typeof raw === 'string' ? jsonOf(raw) : raw).data,
};

const KEY = /^([\w-]{1,32}):([^\s,]{16,512})$/;

/** Reads `id:secret` entries: a list, or a text with commas or white space between them. */
export const signingKeys: Reader<readonly SigningKey[]> = {
  rule:
    'a list of id:secret, each id once (letters, digits, - and _), ' +
    'each secret of 16 characters or more without spaces and commas',
  read: (raw) => {
    const items: unknown = typeof raw === 'string' ? raw.split(/[\s,]+/).filter(Boolean) : raw;
    if (!Array.isArray(items)) return undefined;
    const keys = items.flatMap((item): SigningKey[] => {
      const [, id, secret] = KEY.exec(String(item)) ?? [];
      return id === undefined || secret === undefined ? [] : [{ id, secret }];
    });
    const isComplete = keys.length === items.length;
    return isComplete && new Set(keys.map(({ id }) => id)).size === keys.length ? keys : undefined;
  },
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
