/** Variables that a program may need; others are ours, or would override the SRS config. */
const KEPT = /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|LD_LIBRARY_PATH)$/;

/** Returns a child's environment: no `SRS_*` (these override the config file), no NOTIFY_SOCKET. */
export function childEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => KEPT.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(kept);
}
