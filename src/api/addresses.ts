import { type Json, textOf } from './json.js';

/** The client behind an alias. */
export interface AliasClient {
  /** Its own address. */
  readonly ip: string;
  /** Id of its connection to us, as in the log. */
  readonly connection: string;
}

/** Returns the client behind an alias; null if the alias is unused. */
export type ClientOf = (alias: string) => Promise<AliasClient | null>;

/** Clients by alias. */
export type Addresses = ReadonlyMap<string, AliasClient>;

/**
 * Returns the clients behind the aliases in a child's list of clients. Only new aliases are
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
  const pairs = aliases.map(async (alias): Promise<[string, AliasClient][]> => {
    const client = known.get(alias) ?? (await clientOf(alias));
    return client === null ? [] : [[alias, client]];
  });
  return new Map((await Promise.all(pairs)).flat());
}
