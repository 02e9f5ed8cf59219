/** Keys whose value no message may show. A registry's address may also contain a secret. */
export const SECRET_KEYS: readonly string[] = [
  'access.keys',
  'access.jwt.secret',
  'admin.token',
  'api.token',
  'api.password',
  'cluster.secret',
  'cluster.sentinelAuth',
  'origins.token',
  'origins.auth',
];
