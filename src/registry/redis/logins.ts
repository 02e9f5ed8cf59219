import { messageOf } from '../../errors.js';
import { type Login, plainLogin, type RedisAddress, type RedisEndpoint } from './address.js';
import { masterName, plainClient } from './client.js';

export interface Logins {
  /** Login at the servers that hold the map. */
  readonly servers: Login;
  readonly sentinels: Login;
}

/**
 * Decides the logins. Sentinels have their own password (`sentinelAuth`). If it is not set,
 * Sentinels that ask for a login get the address's, which then need not be the servers' as well:
 * sending Redis a password that it does not ask for is an error.
 */
export async function loginsOf(
  address: RedisAddress,
  sentinelAuth: string | null,
): Promise<Logins> {
  const { kind, endpoints, login: servers, isTls } = address;
  if (kind !== 'sentinel') return { servers, sentinels: {} };
  if (sentinelAuth !== null) return { servers, sentinels: plainLogin(sentinelAuth) };
  if (servers.password === undefined || !(await askAny(endpoints, isTls))) {
    return { servers, sentinels: {} };
  }
  const master = servers.username === undefined ? await masterOf(address) : null;
  const isForServers = master === null || (await asksForLogin(master, isTls)) !== false;
  return { servers: isForServers ? servers : {}, sentinels: servers };
}

async function askAny(endpoints: readonly RedisEndpoint[], isTls: boolean): Promise<boolean> {
  const asked = await Promise.all(endpoints.map((endpoint) => asksForLogin(endpoint, isTls)));
  return asked.includes(true);
}

/** Reports whether the server asks for a login; null if it does not answer. */
async function asksForLogin(endpoint: RedisEndpoint, isTls: boolean): Promise<boolean | null> {
  const client = plainClient(endpoint, {}, isTls);
  try {
    await client.connect();
    await client.ping();
    return false;
  } catch (error) {
    return messageOf(error).startsWith('NOAUTH') ? true : null;
  } finally {
    client.disconnect();
  }
}

async function masterOf({
  endpoints,
  login,
  isTls,
  path,
}: RedisAddress): Promise<RedisEndpoint | null> {
  for (const endpoint of endpoints) {
    const client = plainClient(endpoint, login, isTls);
    try {
      await client.connect();
      const answer = await client.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName(path));
      const [host, port] = answer as [string, string];
      return { host, port: Number(port) };
    } catch {
      // Try the next one.
    } finally {
      client.disconnect();
    }
  }
  return null;
}
