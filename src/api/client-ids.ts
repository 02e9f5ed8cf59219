/** A client as its child knows it. */
export interface ClientRef {
  readonly child: string;
  readonly id: string;
}

/** Of one child: far more than it may have connections. */
const MAX_CLIENTS = 100_000;

/** A client that is in no list of its child so long after it was named is gone. */
const NAMED_MS = 10_000;

/** A client by the id that users were told before its child had it. */
interface Named {
  readonly publicId: string;
  readonly until: number;
}

const OF_CHILD = /^(?<id>.+)-(?<child>[co]\d+)$/;

/**
 * Which child has which client. SRS's ids are random, so two children may give the same one: then
 * the first child's client keeps it, and the others' are `ID-CHILD`. Both forms find a client.
 * Holds an entry for each client of the last snapshots, and no other.
 */
export class ClientIds {
  readonly #children = new Map<string, string[]>();
  readonly #ids = new Map<string, string[]>();
  /** By child and its own id. */
  readonly #names = new Map<string, Map<string, Named>>();
  readonly #named = new Map<string, ClientRef>();

  /** `ids` are all clients that the child has now. */
  replace(child: string, ids: readonly string[]): void {
    for (const id of this.#ids.get(child) ?? []) this.#remove(id, child);
    for (const id of ids) this.#add(id, child);
    if (ids.length > 0) this.#ids.set(child, [...ids]);
    else this.#ids.delete(child);
    this.#keepNames(child, ids);
  }

  /** Users know this client by another id, which is its id here from now on. */
  name(client: ClientRef, publicId: string): void {
    const { child, id } = client;
    const names = this.#names.get(child) ?? new Map<string, Named>();
    if (names.size >= MAX_CLIENTS) return;
    this.#names.set(child, names);
    names.set(id, { publicId, until: performance.now() + NAMED_MS });
    this.#named.set(publicId, client);
  }

  /** A client that was heard of otherwise: it counts until the child's next list. */
  note({ child, id }: ClientRef): void {
    const ids = this.#ids.get(child) ?? [];
    if (ids.length >= MAX_CLIENTS || this.#children.get(id)?.includes(child)) return;
    this.#ids.set(child, ids);
    ids.push(id);
    this.#add(id, child);
  }

  get size(): number {
    return this.#children.size;
  }

  /** The id that the box shows. */
  publicId({ child, id }: ClientRef): string {
    const name = this.#names.get(child)?.get(id);
    if (name !== undefined) return name.publicId;
    const [first = child] = this.#children.get(id) ?? [];
    return first === child ? id : `${id}-${child}`;
  }

  /** The client behind an id that the box has shown; null where nobody has it. */
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
