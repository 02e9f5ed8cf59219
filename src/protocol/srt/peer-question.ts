/**
 * The question of one box to another, which box has an SRT connection: `SRT`, a child's socket id
 * and a client's IP address. The answer is `yes` or `no`.
 */
const QUESTION = 'SRT';

/** A connection, identified by the child's socket id and the client's IP address without port. */
export interface ConnectionName {
  readonly socketId: number;
  readonly ip: string;
}

export function buildQuestion({ socketId, ip }: ConnectionName): string {
  return `${QUESTION} ${socketId} ${ip}`;
}

/** Parses a question; null if it is not about SRT. */
export function parseQuestion(text: string): ConnectionName | null {
  const [kind, socketId = '', ip = ''] = text.split(' ');
  return kind === QUESTION ? { socketId: Number(socketId), ip } : null;
}

export function buildAnswer(has: boolean): string {
  return has ? 'yes' : 'no';
}

export function isYes(answer: string | null): boolean {
  return answer === 'yes';
}
