/** A name and a password of Redis; with neither there is nothing to show. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
}

export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** What the configuration names. */
export interface RedisAddress {
  /** Sentinels know where the master is; nodes of a cluster know each other. */
  readonly kind: 'server' | 'sentinel' | 'cluster';
  readonly isTls: boolean;
  /** One, or several of a kind. */
  readonly endpoints: readonly RedisEndpoint[];
  readonly login: Login;
  /** What follows the last `/`: the number of a database, or Sentinel's name of the master. */
  readonly path: string;
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/]*)\/?(.*)$/s;
const PORT = 6379;

/** Reads `redis://`, `redis+sentinel://h:p,h:p/name` and the like, and the same with TLS as `rediss`. */
export function readAddress(url: string): RedisAddress {
  const [, scheme, kind, login = '', list = '', path = ''] = FORM.exec(url) ?? [];
  const endpoints = list.split(',').map((entry) => {
    const { hostname, port } = new URL(`redis://${entry}`);
    return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || PORT) };
  });
  return {
    kind: kind === 'sentinel' || kind === 'cluster' ? kind : 'server',
    isTls: scheme === 'rediss',
    endpoints,
    login: readLogin(login),
    path,
  };
}

/** Reads `user:password` or `:password`, both percent-encoded as in a URL. */
function readLogin(text: string): Login {
  const [username = '', password = ''] = text.split(':').map(decodeURIComponent);
  return toLogin(username, password);
}

/** Reads `user:password` or `:password` as they are. */
export function plainLogin(text: string): Login {
  const at = text.indexOf(':');
  return toLogin(text.slice(0, at), text.slice(at + 1));
}

function toLogin(username: string, password: string): Login {
  if (password === '') return {};
  return username === '' ? { password } : { username, password };
}
