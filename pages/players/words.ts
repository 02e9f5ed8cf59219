/** What an HTTP status means to somebody who wants to play or publish. */
const STATUS: Readonly<Record<number, string>> = {
  400: 'the server does not understand the request',
  401: 'the server wants a password or token',
  403: 'the server refuses: its hooks or rules do not let you',
  404: 'nobody publishes this stream',
  409: 'somebody publishes this stream already',
  502: 'the child that has the stream refuses, or sends nothing',
  503: 'the server has no child free for it: try again in a moment',
};

export function sayHttp(status: number, reason = ''): string {
  const words = STATUS[status] ?? 'the server cannot serve it';
  return `${words} (HTTP ${status}${reason && `: ${reason}`})`;
}
