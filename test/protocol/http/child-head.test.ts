import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildChildHead } from '../../../src/protocol/http/child-head.js';

function headers(...rawHeaders: string[]): string[] {
  const request = { target: '/live/x.flv?a=1&b', host: 'h:80', rawHeaders };
  return buildChildHead(request, '1.2.3.4').toString('latin1').split('\r\n');
}

const OURS = ['X-Forwarded-For: 1.2.3.4', 'X-Real-IP: 1.2.3.4', 'Connection: close', '', ''];

describe('a head for a child', () => {
  it('keeps target, host and end-to-end headers, doubled ones too', () => {
    const sent = headers('Host', 'h:80', 'Accept', '*/*', 'Cookie', 'a', 'cookie', 'caf\xe9');
    const kept = ['Accept: */*', 'Cookie: a', 'cookie: caf\xe9'];
    assert.deepEqual(sent, ['GET /live/x.flv?a=1&b HTTP/1.1', 'Host: h:80', ...kept, ...OURS]);
  });

  it('drops what is for one connection only, and what the client says of itself', () => {
    const sent = headers(
      ...['Connection', 'keep-alive, X-Secret', 'X-Secret', '1', 'Keep-Alive', '5'],
      ...['Transfer-Encoding', 'chunked', 'Content-Length', '4', 'Upgrade', 'h2c', 'TE', 'x'],
      ...['X-Forwarded-For', '6.6.6.6', 'x-real-ip', '6.6.6.6', 'Expect', '100-continue'],
    );
    assert.deepEqual(sent.slice(2), OURS);
  });

  it('names a host where an old client does not', () => {
    const head = buildChildHead({ target: '/', host: '', rawHeaders: [] }, '::1').toString();
    assert.match(head, /^GET \/ HTTP\/1.1\r\nHost: localhost\r\nX-Forwarded-For: ::1\r\n/);
  });
});
