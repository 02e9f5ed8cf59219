/** What a program may need of its surroundings; the rest is ours, or overrides SRS's config. */
const KEPT = /^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|LD_LIBRARY_PATH)$/;

/** A child's environment: no `SRS_*` (it would beat the config file), no NOTIFY_SOCKET. */
export function childEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => KEPT.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(kept);
}
