/** The tag of a client where a relay knows none, or of a datagram that is too short to carry it. */
export const NO_TAG = -1;

/** The sessions of a relay by their clients: for each address, one for each tag. */
export class ClientTable<Key, Session> {
  readonly #byAddress = new Map<Key, Map<number, Session>>();

  get(address: Key, tag: number): Session | undefined {
    return this.#byAddress.get(address)?.get(tag);
  }

  set(address: Key, tag: number, session: Session): void {
    const tags = this.#byAddress.get(address);
    if (tags) tags.set(tag, session);
    else this.#byAddress.set(address, new Map([[tag, session]]));
  }

  /** Does nothing where another session has taken the place. */
  delete(address: Key, tag: number, session: Session): void {
    const tags = this.#byAddress.get(address);
    if (tags?.get(tag) !== session) return;
    tags.delete(tag);
    if (tags.size === 0) this.#byAddress.delete(address);
  }
}
