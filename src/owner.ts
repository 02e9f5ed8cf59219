/** One life of an owner (a child, or an origin that we did not start): the holder of a claim. */
export interface OwnerRef {
  readonly id: string;
  readonly generation: number;
  /** The other box that it runs on; absent: it is on this one. */
  readonly box?: string;
}

/** Whether both are one life of one owner. */
export function isSameLife(one: OwnerRef, other: OwnerRef): boolean {
  return one.id === other.id && one.generation === other.generation && one.box === other.box;
}

/** Whether `own` ended when `gone` did: the same owner, in that life or an earlier one. */
export function isGoneWith(own: OwnerRef, gone: OwnerRef): boolean {
  return own.id === gone.id && own.box === gone.box && own.generation <= gone.generation;
}
