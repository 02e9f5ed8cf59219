import koffi from 'koffi';

const mallocTrim = find();

/** Gives free memory of the C library back to the system; musl does so by itself. */
export function trimMemory(): void {
  mallocTrim(0);
}

function find(): (keep: number) => number {
  try {
    return koffi.load(null).func('malloc_trim', 'int', ['size_t']);
  } catch {
    return () => 0;
  }
}
