/** Keys whose value is a secret: no message shows it. A registry's address may hold one besides. */
export const SECRET_KEYS: readonly string[] = [
  'admin.token',
  'api.token',
  'api.password',
  'cluster.secret',
  'cluster.sentinelAuth',
  'origins.token',
  'origins.auth',
];
