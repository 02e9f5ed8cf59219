/** A heartbeat that is not taken, with the HTTP status that says what kind of reason there is. */
export class Refused extends Error {
  readonly status: 401 | 403 | 409 | 429 | 503;

  constructor(status: Refused['status'], reason: string) {
    super(`register: ${reason}`);
    this.status = status;
  }
}
