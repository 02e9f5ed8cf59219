import { basicAuthorization } from '../config/credentials.js';
import { SupervisorError } from '../errors.js';
import { type Directive, find, parseConf } from '../srs-conf/parse.js';
import { readVhost, type TemplateVhost, WEB_DIR } from './template-vhost.js';

/** The user's srs.conf, parsed once: its tree, and the facts that the supervisor uses. */
export interface Template {
  /** False: there is no template, and children get a config of ours. */
  readonly isGiven: boolean;
  /** The whole tree. */
  readonly directives: readonly Directive[];
  /** In file order. A host that is not among them belongs to the default vhost. */
  readonly vhosts: readonly TemplateVhost[];
  /** `chunk_size` of vhosts that name none, bytes. */
  readonly chunkSize: number;
  /** `server_id`. */
  readonly serverId: string | null;
  /** `Authorization` header for a child's API; null: the API is open. */
  readonly authorization: string | null;
  /** Passwords and tokens that SRS asks for or sends, whether it does so or not. */
  readonly passwords: readonly string[];
  /** `http_server.crossdomain`. */
  readonly crossdomain: boolean;
  /** `http_api.raw_api`: permissions of API clients. */
  readonly rawApi: { readonly enabled: boolean; readonly allowReload: boolean };
  /** True if `/metrics` has counters: `exporter` is not off. */
  readonly hasMetrics: boolean;
  /** `srt_server.default_app`. */
  readonly srtDefaultApp: string | null;
  /** `ff_log_dir`. */
  readonly ffmpegLogDir: string | null;
  /** `http_server.dir`; null: SRS would have no HTTP server. */
  readonly webDir: string | null;
}

/** Paths of secrets in a template; the tokens came with SRS 8.0.28. */
const SECRETS: readonly (readonly [string, ...string[]])[] = [
  ['http_api', 'auth', 'password'],
  ['http_api', 'auth', 'token'],
  ['heartbeat', 'auth', 'token'],
];

/** SRS's default for `chunk_size`. */
const CHUNK_SIZE = 60_000;

/** No template: children get a config of ours. */
export const NO_TEMPLATE: Template = factsOf([], false);

/**
 * Parses a template. Throws ERR_CONFIG, with the line, for text that SRS cannot read and for an
 * `include`, whose content the supervisor would not see.
 */
export function parseTemplate(text: string): Template {
  const directives = parseConf(text);
  refuseIncludes(directives);
  return factsOf(directives, true);
}

function factsOf(directives: readonly Directive[], isGiven: boolean): Template {
  const word = (...path: [string, ...string[]]) => find(directives, ...path)?.args[0];
  const auth = (name: string) => word('http_api', 'auth', name) ?? '';
  const isBearer = auth('type') === 'bearer';
  const credentials = isBearer
    ? `Bearer ${auth('token')}`
    : basicAuthorization(`${auth('username')}:${auth('password')}`);
  return {
    isGiven,
    directives,
    vhosts: directives.filter(({ name }) => name === 'vhost').map(readVhost),
    chunkSize: Number(word('chunk_size')) || CHUNK_SIZE,
    serverId: word('server_id') ?? null,
    authorization: auth('enabled') === 'on' ? credentials : null,
    passwords: SECRETS.flatMap((path) => find(directives, ...path)?.args ?? []),
    crossdomain: word('http_server', 'crossdomain') !== 'off',
    rawApi: {
      enabled: word('http_api', 'raw_api', 'enabled') === 'on',
      allowReload: word('http_api', 'raw_api', 'allow_reload') === 'on',
    },
    hasMetrics: word('exporter', 'enabled') !== 'off',
    srtDefaultApp: word('srt_server', 'default_app') ?? null,
    ffmpegLogDir: word('ff_log_dir') ?? null,
    webDir: webDirOf(word('http_server', 'enabled'), word('http_server', 'dir')),
  };
}

function webDirOf(enabled: string | undefined, dir = WEB_DIR): string | null {
  return enabled === 'on' ? dir : null;
}

function refuseIncludes(directives: readonly Directive[]): void {
  for (const { name, args, line, children } of directives) {
    if (name === 'include') {
      throw new SupervisorError(
        'ERR_CONFIG',
        `line ${line}: 'include ${args.join(' ')}' cannot be used: put that text in its place`,
      );
    }
    refuseIncludes(children ?? []);
  }
}
