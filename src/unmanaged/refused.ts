/** A refused heartbeat, with the HTTP status of the response. */
export class Refused extends Error {
  readonly status: 401 | 403 | 409 | 429 | 503;

  constructor(status: Refused['status'], reason: string) {
    super(`register: ${reason}`);
    this.status = status;
  }
}
