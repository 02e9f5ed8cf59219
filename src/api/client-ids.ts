/** A client as its child knows it. */
export interface ClientRef {
  readonly child: string;
  readonly id: string;
}

/** Of one child: far more than it may have connections. */
const MAX_CLIENTS = 100_000;

const OF_CHILD = /^(?<id>.+)-(?<child>[co]\d+)$/;

/**
 * Which child has which client. SRS's ids are random, so two children may give the same one: then
 * the first child's client keeps it, and the others' are `ID-CHILD`. Both forms find a client.
 * Holds an entry for each client of the last snapshots, and no other.
 */
export class ClientIds {
  readonly #children = new Map<string, string[]>();
  readonly #ids = new Map<string, string[]>();

  /** `ids` are all clients that the child has now. */
  replace(child: string, ids: readonly string[]): void {
    for (const id of this.#ids.get(child) ?? []) this.#remove(id, child);
    for (const id of ids) this.#add(id, child);
    if (ids.length > 0) this.#ids.set(child, [...ids]);
    else this.#ids.delete(child);
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
    const [first = child] = this.#children.get(id) ?? [];
    return first === child ? id : `${id}-${child}`;
  }

  /** The client behind an id that the box has shown; null where nobody has it. */
  find(publicId: string): ClientRef | null {
    const [first] = this.#children.get(publicId) ?? [];
    if (first !== undefined) return { child: first, id: publicId };
    const { id = '', child = '' } = OF_CHILD.exec(publicId)?.groups ?? {};
    return this.#children.get(id)?.includes(child) ? { child, id } : null;
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
