const SHOWN = '***';
/** `//user:password@` in a URL. Linear time: the character class has no slash. */
const LOGIN = /\/\/[^\s/?#"']*@/g;
/** Value of a parameter whose name marks it as secret. */
const PARAMETER =
  /([?&;,:][\w-]*(?:token|secret|passw(?:or)?d|pwd|pass|auth|authorization|key|sign|signature|sig)=)[^\s&;,#"'\\]+/gi;
/** Name of such a parameter. */
const SECRET_NAME =
  /(?:token|secret|passw(?:or)?d|pwd|pass|auth|authorization|key|sign|signature|sig)$/i;
/** Least characters of a learnt secret; shorter ones would hide ordinary words. */
const LEAST_LENGTH = 6;
/** Characters from which a parameter's value counts as secret, whatever its name. */
const LONG_VALUE = 16;

/** Value of the parameter that has a client's access token, as programs log it. */
const ACCESS_TOKEN = /(\btoken=)[^\s&;,#?"'\\]+/g;

/** Removes access tokens from a program's output, whatever its encoding. */
export function hideTokens(output: Buffer): Buffer {
  if (!output.includes('token=')) return output;
  return Buffer.from(output.toString('latin1').replace(ACCESS_TOKEN, `$1${SHOWN}`), 'latin1');
}

/** Removes secrets that are recognised by their position: logins in URLs, tokens in parameters. */
export function redact(text: string): string {
  return text.replace(LOGIN, `//${SHOWN}@`).replace(PARAMETER, `$1${SHOWN}`);
}

/** Like `redact`, for a text that is or contains one URL, even a malformed one. */
export function redactWord(word: string): string {
  const start = word.indexOf('//');
  const end = word.lastIndexOf('@');
  const hasLogin = start >= 0 && end > start + 1;
  return redact(hasLogin ? `${word.slice(0, start)}//${SHOWN}${word.slice(end)}` : word);
}

/** Returns a URL's secrets: its password, and parameters that look secret by name or length. */
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

/** Removes secrets from all output for people: log, errors, `check`, API, status. */
export class Redactor {
  /** The secrets in each form in which they may appear: plain, in a URL, in JSON. */
  readonly #known = new Set<string>();

  /** Hides these secrets from now on. Short ones are hidden only where `redact` finds them. */
  learn(secrets: Iterable<string | null | undefined>): void {
    for (const secret of secrets) {
      if (!secret || secret.length < LEAST_LENGTH) continue;
      const inJson = JSON.stringify(secret).slice(1, -1);
      for (const form of [secret, encodeURIComponent(secret), inJson]) this.#known.add(form);
    }
  }

  /** Removes all secrets from a text. */
  hide(text: string): string {
    return redact(this.hideKnown(text));
  }

  /** Removes only learnt secrets; other texts of clients stay unchanged. */
  hideKnown(text: string): string {
    let shown = text;
    for (const secret of this.#known) shown = shown.replaceAll(secret, SHOWN);
    return shown;
  }
}
