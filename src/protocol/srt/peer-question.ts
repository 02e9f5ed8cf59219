/**
 * Boxes ask each other where an SRT connection is: `SRT`, a child's socket id and a client's IP
 * address; the answer is `yes` or `no`.
 */
const QUESTION = 'SRT';

/** A connection by the child's socket id and the client's IP address, without its port. */
export interface ConnectionName {
  readonly socketId: number;
  readonly ip: string;
}

export function buildQuestion({ socketId, ip }: ConnectionName): string {
  return `${QUESTION} ${socketId} ${ip}`;
}

/** Null for a question that is none of SRT. */
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
