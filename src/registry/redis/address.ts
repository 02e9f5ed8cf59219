/** Name and password for Redis; both absent: no login. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
}

export interface RedisEndpoint {
  readonly host: string;
  readonly port: number;
}

/** The parsed address of a Redis registry. */
export interface RedisAddress {
  /** Sentinels know the master's address; nodes of a cluster know each other. */
  readonly kind: 'server' | 'sentinel' | 'cluster';
  readonly isTls: boolean;
  /** One server, or several Sentinels or nodes. */
  readonly endpoints: readonly RedisEndpoint[];
  readonly login: Login;
  /** Text after the last `/`: a database number, or Sentinel's name of the master. */
  readonly path: string;
}

const FORM = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/]*)\/?(.*)$/s;
const PORT = 6379;

/** Parses `redis://`, `redis+sentinel://h:p,h:p/name` etc., or the same with TLS as `rediss`. */
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

/** Parses `user:password` or `:password`, both percent-encoded as in a URL. */
function readLogin(text: string): Login {
  const [username = '', password = ''] = text.split(':').map(decodeURIComponent);
  return toLogin(username, password);
}

/** Parses `user:password` or `:password` without decoding. */
export function plainLogin(text: string): Login {
  const at = text.indexOf(':');
  return toLogin(text.slice(0, at), text.slice(at + 1));
}

function toLogin(username: string, password: string): Login {
  if (password === '') return {};
  return username === '' ? { password } : { username, password };
}
