import type { Ports } from './ask.js';

/** What an HTTP status means to somebody who wants to play or publish. */
const STATUS: Readonly<Record<number, string>> = {
  400: 'the server does not understand the request',
  401: 'the server wants a password or token',
  403: 'the server refuses: its hooks or rules do not let you',
  404: 'nobody publishes this stream',
  409: 'somebody publishes this stream already',
  502: 'the child that has the stream refuses, or sends nothing',
  503: 'the server cannot serve it yet: try again in a moment',
};

const LIMITS: Readonly<Record<string, string>> = {
  'index.html':
    'This server runs mini-srs, a small origin for trying things: streams by RTMP play by HTTP-FLV and HLS, streams by WHIP play by WHEP. A real SRS turns each into the other.',
  'flv.html': 'This server runs mini-srs: streams that were published by WHIP do not play here.',
  'hls.html': 'This server runs mini-srs: streams that were published by WHIP do not play here.',
  'whep.html': 'This server runs mini-srs: only streams that were published by WHIP play here.',
  'whip.html': 'This server runs mini-srs: what you publish here plays by WHEP only.',
};

/** What a page cannot do with the origin of this server; '' where it can do all. */
export function limitsOf(file: string, ports: Ports | null): string {
  return ports?.origin === 'mini-srs' ? (LIMITS[file] ?? '') : '';
}

export function sayHttp(status: number, reason = ''): string {
  const words = STATUS[status] ?? 'the server cannot serve it';
  return `${words} (HTTP ${status}${reason && `: ${reason}`})`;
}
