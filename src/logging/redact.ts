const SHOWN = '***';
/** `//user:password@` of a URL. Each part of the text is looked at once: no class holds a slash. */
const LOGIN = /\/\/[^\s/?#"']*@/g;
/** The value of a parameter whose name says that it is secret. */
const PARAMETER =
  /([?&;,][\w-]*(?:token|secret|passw(?:or)?d|pwd|pass|auth|authorization|key|sign|signature|sig)=)[^\s&;,#"'\\]+/gi;
/** The name of such a parameter. */
const SECRET_NAME =
  /(?:token|secret|passw(?:or)?d|pwd|pass|auth|authorization|key|sign|signature|sig)$/i;
/** A shorter one would hide words that are no secret. */
const LEAST_LENGTH = 6;
/** A value as long as this is taken for a secret, whatever its name. */
const LONG_VALUE = 16;

/** The text without what is a secret by its place: logins of URLs, tokens among parameters. */
export function redact(text: string): string {
  return text.replace(LOGIN, `//${SHOWN}@`).replace(PARAMETER, `$1${SHOWN}`);
}

/** As `redact`, for a text that is one URL, or an argument with one: however badly it is written. */
export function redactWord(word: string): string {
  const start = word.indexOf('//');
  const end = word.lastIndexOf('@');
  const hasLogin = start >= 0 && end > start + 1;
  return redact(hasLogin ? `${word.slice(0, start)}//${SHOWN}${word.slice(end)}` : word);
}

/** The secrets of a URL: its password, and parameters that are secret by their name or length. */
export function secretsInUrl(url: string): string[] {
  const login = /^[\w+.-]+:\/\/([^/?#]*)@/.exec(url)?.[1] ?? '';
  const password = login.slice(login.indexOf(':') + 1);
  const parameters = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? '');
  const values = [...parameters]
    .filter(([name, value]) => SECRET_NAME.test(name) || value.length >= LONG_VALUE)
    .map(([, value]) => value);
  return [password, decoded(password), ...values];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Hides secrets in all that leaves the program for people: log, errors, `check`, API, status. */
export class Redactor {
  /** As they may be written: plain, in a URL, in JSON. */
  readonly #known = new Set<string>();

  /** Hides these from now on wherever they stand; short ones only where `redact` finds them. */
  learn(secrets: Iterable<string | null | undefined>): void {
    for (const secret of secrets) {
      if (!secret || secret.length < LEAST_LENGTH) continue;
      const inJson = JSON.stringify(secret).slice(1, -1);
      for (const form of [secret, encodeURIComponent(secret), inJson]) this.#known.add(form);
    }
  }

  /** The text without any secret. */
  hide(text: string): string {
    return redact(this.hideKnown(text));
  }

  /** The text without the secrets that were learnt: what clients gave stays as they gave it. */
  hideKnown(text: string): string {
    let shown = text;
    for (const secret of this.#known) shown = shown.replaceAll(secret, SHOWN);
    return shown;
  }
}
