/** One life of an owner (a child or a registered origin): the holder of a claim. */
export interface OwnerRef {
  readonly id: string;
  readonly generation: number;
  /** Id of the other box on which it runs; absent for this box. */
  readonly box?: string;
}

/** Returns the owner's id if it is here; null for one of another box. */
export function idHere({ id, box }: OwnerRef): string | null {
  return box === undefined ? id : null;
}

/** Reports whether both are the same life of one owner. */
export function isSameLife(one: OwnerRef, other: OwnerRef): boolean {
  return one.id === other.id && one.generation === other.generation && one.box === other.box;
}

/** Reports whether `own` has ended with `gone`: the same owner, in that life or an earlier one. */
export function isGoneWith(own: OwnerRef, gone: OwnerRef): boolean {
  return own.id === gone.id && own.box === gone.box && own.generation <= gone.generation;
}
