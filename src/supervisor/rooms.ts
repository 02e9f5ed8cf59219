import { messageOf } from '../errors.js';
import type { Logger } from '../logging/logger.js';

/** A part of the program that is started in its turn and closed in the reverse order. */
export interface Room {
  start(): Promise<void>;
  close(): Promise<void>;
}

export type NamedRoom = readonly [name: string, room: Room];

/** Starts rooms one after another and closes the started ones in reverse. */
export class Rooms {
  readonly #logger: Logger;
  /**
   * Returns whether rooms stay open where one does not start: another program may take them over.
   */
  readonly #staysOpen: () => boolean;
  readonly #open: (readonly [name: string, room: Pick<Room, 'close'>])[] = [];
  #closing: Promise<void> | null = null;

  constructor(logger: Logger, staysOpen: () => boolean = () => false) {
    this.#logger = logger;
    this.#staysOpen = staysOpen;
  }

  /** Registers something that is open already; it is closed after all rooms that start later. */
  opened(name: string, room: Pick<Room, 'close'>): void {
    this.#open.push([name, room]);
  }

  /**
   * Resolves to true when all rooms have started, to false if `close` was called meanwhile. If a
   * room does not start, closes that room and all before it, and rejects with its error.
   */
  async start(rooms: readonly NamedRoom[]): Promise<boolean> {
    try {
      for (const [name, room] of rooms) {
        if (this.isClosing) return false;
        this.#open.push([name, room]);
        await room.start();
      }
    } catch (error) {
      await this.failed();
      throw error;
    }
    return !this.isClosing;
  }

  /** Closes all open rooms after a failure, unless they stay open. */
  async failed(): Promise<void> {
    if (!this.#staysOpen()) await this.close();
  }

  get isClosing(): boolean {
    return this.#closing !== null;
  }

  /** Closes all open rooms in reverse, the one that is being started first. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // A room that does not close well must not keep the others, and the children, from ending.
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
