/** What is started in its turn, and closed in the reverse one. */
export interface Room {
  start(): Promise<void>;
  close(): Promise<void>;
}
