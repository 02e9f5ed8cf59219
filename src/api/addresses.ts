import { type Json, textOf } from './json.js';

/** The true address behind an alias; null when it is nobody's. */
export type ClientOf = (alias: string) => Promise<string | null>;

/** True addresses by alias. */
export type Addresses = ReadonlyMap<string, string>;

/**
 * The addresses behind the aliases in a child's list of clients. Only those that are new are looked
 * up, which may cost a question to another thread; those that have left are forgotten.
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
