import type { IncomingMessage } from 'node:http';
import { hostName, parseTarget } from '../protocol/http/target.js';
import { type FileAnswer, hasFile, openFile, type Shelf } from './open.js';

/** A folder, and where it is shown. */
export interface Folder {
  /** `Host` of the requests, without port; null: any. */
  readonly host: string | null;
  /** Begins and ends with `/`. */
  readonly path: string;
  readonly root: string;
}

/** A request's folder, and its path below that folder. */
interface Place {
  readonly shelf: Shelf;
  readonly prefix: string;
  readonly path: string;
}

/**
 * The folders of web files. Each request belongs to one: that of its host and of the longest path,
 * of equal ones the first.
 */
export class Folders {
  readonly #folders: readonly Folder[];

  constructor(folders: readonly Folder[]) {
    const isHosts = ({ host }: Folder) => (host === null ? 0 : 1);
    this.#folders = [...folders].sort(
      (a, b) => isHosts(b) - isHosts(a) || b.path.length - a.path.length,
    );
  }

  /**
   * Opens the file that a GET or HEAD asks for, as `openFile` does. Null if there is none. The
   * caller must read or destroy the body.
   */
  async open(request: IncomingMessage): Promise<FileAnswer | null> {
    const place = this.#find(request);
    if (place === null) return null;
    const file = await openFile(place.shelf, place.path, request);
    const { Location: location } = file?.headers ?? {};
    if (file === null || location === undefined) return file;
    return { ...file, headers: { ...file.headers, Location: place.prefix + location } };
  }

  /** Reports whether a request asks for a file, and not for a folder. */
  async has(request: IncomingMessage): Promise<boolean> {
    const place = this.#find(request);
    return place !== null && hasFile(place.shelf, place.path, request);
  }

  #find({ url = '', headers }: IncomingMessage): Place | null {
    const target = parseTarget(url);
    if (target === null) return null;
    const host = hostName(target.authority ?? headers.host ?? '');
    const folder = this.#folders.find(
      (one) => (one.host ?? host) === host && target.path.startsWith(one.path),
    );
    if (folder === undefined) return null;
    const prefix = folder.path.slice(0, -1);
    const shelf = { root: folder.root, maxAgeSeconds: 0, immutable: false };
    return { shelf, prefix, path: target.path.slice(prefix.length) };
  }
}
