const API_URLS = {
  versions: 'the version of SRS',
  summaries: 'the summary(pid, argv, pwd, cpu, mem) of SRS',
  rusages: 'the rusage of SRS',
  self_proc_stats: 'the self process stats',
  system_proc_stats: 'the system process stats',
  meminfos: 'the meminfo of system',
  authors: 'the license, copyright, authors and contributors',
  features: 'the supported features of SRS',
  requests: 'the request itself, for http debug',
  vhosts: 'manage all vhosts or specified vhost',
  streams: 'manage all streams or specified stream',
  clients: 'manage all clients or specified client, default query top 10 clients',
  raw: 'raw api for srs, support CUID srs for instance the config',
  clusters: 'origin cluster server API',
  perf: 'System performance stat',
  tcmalloc: 'tcmalloc api with params ?page=summary|api',
};

const TEST_URLS = {
  requests: 'show the request info',
  errors: 'always return an error 100',
  redirects: 'always redirect to /api/v1/test/errors',
  '[vhost]': 'http vhost for http://error.srs.com:1985/api/v1/tests/errors',
};

const RTC_URLS = { play: 'Play stream', publish: 'Publish stream', nack: 'Simulate the NACK' };

/** SRS's answers at paths that only lead to others. */
export const CATALOGUES = {
  '/': { urls: { api: 'the api root', rtc: { v1: RTC_URLS } } },
  '/api/': { urls: { v1: 'the api version 1.0' } },
  '/api/v1/': { urls: API_URLS, tests: TEST_URLS },
} as const;

/** `data` of /api/v1/features: the features that mini-srs has. */
export const FEATURES = {
  options: '',
  options2: '',
  build: '',
  build2: '',
  features: {
    ssl: false,
    hls: true,
    hds: false,
    callback: true,
    api: true,
    httpd: true,
    dvr: false,
    transcode: false,
    ingest: false,
    stat: true,
    caster: false,
    complex_send: true,
    tcp_nodelay: true,
    so_sendbuf: false,
    mr: false,
  },
};

/** `data` of /api/v1/authors, which credits SRS, whose API this is. */
export const AUTHORS = {
  license: 'MIT',
  contributors: 'https://github.com/ossrs/srs/blob/develop/trunk/AUTHORS.md#contributors',
};
