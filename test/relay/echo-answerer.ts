/** An answerer of the relay's tests: it says one thing to one question. */
export interface Phrase {
  readonly question: string;
  readonly answer: string;
}

export function makeAnswer({ question, answer }: Phrase): (datagram: Buffer) => Buffer | null {
  return (datagram) => (datagram.toString().startsWith(question) ? Buffer.from(answer) : null);
}
