import { type Json, textOf } from './json.js';

/** Returns the true address behind an alias; null if the alias is unused. */
export type ClientOf = (alias: string) => Promise<string | null>;

/** True addresses by alias. */
export type Addresses = ReadonlyMap<string, string>;

/**
 * Returns the addresses behind the aliases in a child's list of clients. Only new aliases are
 * looked up, which may need a query to another thread; those of clients that left are dropped.
 */
export async function addressesOf(
  clients: readonly Json[],
  known: Addresses,
  clientOf: ClientOf,
): Promise<Addresses> {
  const aliases = clients
    .map((client) => textOf(client, 'ip'))
    .filter((ip) => ip.startsWith('127.'));
  const pairs = aliases.map(async (alias): Promise<[string, string]> => {
    return [alias, known.get(alias) ?? (await clientOf(alias)) ?? alias];
  });
  return new Map((await Promise.all(pairs)).filter(([alias, address]) => alias !== address));
}
