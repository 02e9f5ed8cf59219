/** A client by its child and the child's id of it. */
export interface ClientRef {
  readonly child: string;
  readonly id: string;
}

/** Most clients per child; far above its connection limit. */
const MAX_CLIENTS = 100_000;

/** Milliseconds for which a named client is kept without being in its child's list. */
const NAMED_MS = 10_000;

/** The id told to users before the client's child knew it. */
interface Named {
  readonly publicId: string;
  readonly until: number;
}

const OF_CHILD = /^(?<id>.+)-(?<child>[co]\d+)$/;

/**
 * Maps client ids to children. SRS's ids are random, so two children may use the same one: then the
 * first child's client keeps the id, and the others' are `ID-CHILD`. Both forms find a client.
 * Holds entries only for clients in the last snapshots.
 */
export class ClientIds {
  readonly #children = new Map<string, string[]>();
  readonly #ids = new Map<string, string[]>();
  /** Names by child and by the child's id. */
  readonly #names = new Map<string, Map<string, Named>>();
  readonly #named = new Map<string, ClientRef>();

  /** Replaces a child's clients by `ids`. */
  replace(child: string, ids: readonly string[]): void {
    for (const id of this.#ids.get(child) ?? []) this.#remove(id, child);
    for (const id of ids) this.#add(id, child);
    if (ids.length > 0) this.#ids.set(child, [...ids]);
    else this.#ids.delete(child);
    this.#keepNames(child, ids);
  }

  /** Notes the id by which users know this client; the API shows that id from now on. */
  name(client: ClientRef, publicId: string): void {
    const { child, id } = client;
    const names = this.#names.get(child) ?? new Map<string, Named>();
    if (names.size >= MAX_CLIENTS) return;
    this.#names.set(child, names);
    names.set(id, { publicId, until: performance.now() + NAMED_MS });
    this.#named.set(publicId, client);
  }

  /** Adds a client known from elsewhere, until its child's next list. */
  note({ child, id }: ClientRef): void {
    const ids = this.#ids.get(child) ?? [];
    if (ids.length >= MAX_CLIENTS || this.#children.get(id)?.includes(child)) return;
    this.#ids.set(child, ids);
    ids.push(id);
    this.#add(id, child);
  }

  /** Returns the id that the box shows. */
  publicId({ child, id }: ClientRef): string {
    const name = this.#names.get(child)?.get(id);
    if (name !== undefined) return name.publicId;
    const [first = child] = this.#children.get(id) ?? [];
    return first === child ? id : `${id}-${child}`;
  }

  /** Finds the client behind an id that the box has shown; null if there is none. */
  find(publicId: string): ClientRef | null {
    const named = this.#named.get(publicId);
    if (named !== undefined) return named;
    const [first] = this.#children.get(publicId) ?? [];
    if (first !== undefined) return { child: first, id: publicId };
    const { id = '', child = '' } = OF_CHILD.exec(publicId)?.groups ?? {};
    return this.#children.get(id)?.includes(child) ? { child, id } : null;
  }

  #keepNames(child: string, ids: readonly string[]): void {
    const names = this.#names.get(child);
    if (names === undefined) return;
    const here = new Set(ids);
    for (const [id, { publicId, until }] of names) {
      if (here.has(id) || performance.now() < until) continue;
      names.delete(id);
      this.#named.delete(publicId);
    }
    if (names.size === 0) this.#names.delete(child);
  }

  #add(id: string, child: string): void {
    const others = this.#children.get(id);
    if (others === undefined) this.#children.set(id, [child]);
    else others.push(child);
    others?.sort();
  }

  #remove(id: string, child: string): void {
    const left = (this.#children.get(id) ?? []).filter((other) => other !== child);
    if (left.length > 0) this.#children.set(id, left);
    else this.#children.delete(id);
  }
}
