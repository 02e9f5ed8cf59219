import type { ChildRow } from '../../src/admin/types.js';

/** The fields of a child's HTTP API that tests use. */
interface ApiStream {
  readonly name: string;
  readonly app: string;
  readonly publish: { readonly active: boolean };
}

export interface ApiClient {
  readonly ip: string;
  readonly name: string;
  readonly publish: boolean;
  /** Such as `flv-play`. */
  readonly type: string;
}

/** Returns the streams published on this child, as `app/stream`. */
export async function publishedOn(child: ChildRow): Promise<string[]> {
  const { streams } = await ask<{ streams: ApiStream[] }>(child, 'streams');
  const live = streams.filter(({ publish }) => publish.active);
  return live.map(({ app, name }) => `${app}/${name}`).sort();
}

export async function clientsOn(child: ChildRow): Promise<ApiClient[]> {
  return (await ask<{ clients: ApiClient[] }>(child, 'clients')).clients;
}

async function ask<T>({ ports }: ChildRow, what: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${ports.api}/api/v1/${what}?count=1000`, {
    headers: { connection: 'close' },
  });
  return (await response.json()) as T;
}
