/** A value for one key, and its origin in words for the user. */
export interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly origin: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;
