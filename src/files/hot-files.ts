/** A file that was read whole. */
export interface HotFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A cache of files that never change. Least recently used files are evicted above `maxBytes`.
 * Concurrent requests for one file share one read.
 */
export class HotFiles {
  readonly #files = new Map<string, HotFile>();
  readonly #loading = new Map<string, Promise<HotFile | null>>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): HotFile | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    this.#files.delete(path);
    this.#files.set(path, file);
    return file;
  }

  /** Loads a file with `read`, which returns null for a file not to be cached. */
  load(path: string, read: () => Promise<HotFile | null>): Promise<HotFile | null> {
    const loading = this.#loading.get(path);
    if (loading !== undefined) return loading;
    const loaded = read().finally(() => this.#loading.delete(path));
    this.#loading.set(path, loaded);
    return loaded.then((file) => {
      if (file !== null && !this.#files.has(path)) this.#keep(path, file);
      return file;
    });
  }

  #keep(path: string, file: HotFile): void {
    this.#files.set(path, file);
    this.#bytes += file.body.length;
    for (const [oldest, { body }] of this.#files) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#files.delete(oldest);
      this.#bytes -= body.length;
    }
  }
}
