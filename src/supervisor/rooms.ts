import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';

/** A part of the program that is started in its turn, and closed in the reverse one. */
export interface Room {
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A room by its name in the log. */
export type NamedRoom = readonly [name: string, room: Room];

/** Starts rooms one after another, and closes those that were started in the reverse order. */
export class Rooms {
  readonly #logger: Logger;
  readonly #open: (readonly [name: string, room: Pick<Room, 'close'>])[] = [];
  #closing: Promise<void> | null = null;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Takes in what is open already: it is closed after all that is started later. */
  opened(name: string, room: Pick<Room, 'close'>): void {
    this.#open.push([name, room]);
  }

  /**
   * Resolves true when all have started, and false as soon as none is being started any more because
   * `close` was called. Rejects with the error of a room that does not start, once that room and all
   * before it are closed.
   */
  async start(rooms: readonly NamedRoom[]): Promise<boolean> {
    try {
      for (const [name, room] of rooms) {
        if (this.isClosing) return false;
        this.#open.push([name, room]);
        await room.start();
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return !this.isClosing;
  }

  get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** Closes all that is open, the one that is being started first. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A room that does not close well may not keep the others, and the children, from ending.
    for (const [name, room] of this.#open.splice(0).reverse()) {
      try {
        await room.close();
      } catch (error) {
        this.#logger.error({ name, stack: stackOf(error) }, 'not closed well');
      }
    }
  }
}

function stackOf(error: unknown): string {
  return (error instanceof Error ? error.stack : undefined) ?? messageOf(error);
}
