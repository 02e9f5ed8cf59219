import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseQuery } from '../../../src/protocol/query.js';
import {
  ownQuery,
  parseStreamurl,
  parseWhipRequest,
  withoutOwnQuery,
} from '../../../src/protocol/webrtc/request.js';
import { streamKey } from '../../../src/stream-key.js';

const vhosts = ['a.com'];

function whip(query: string, host = 'box:1985', role: 'publish' | 'play' = 'publish'): string {
  const parsed = parseWhipRequest({ query: parseQuery(query), host, vhosts }, role);
  return parsed.kind === 'value' ? `${parsed.value.role} ${streamKey(parsed.value)}` : parsed.kind;
}

function legacy(streamurl: string): string {
  const parsed = parseStreamurl(streamurl, { vhosts }, 'play');
  return parsed.kind === 'value' ? streamKey(parsed.value) : parsed.kind;
}

describe('webrtc request', () => {
  it("finds the stream of WHIP and WHEP by SRS's defaults", () => {
    const table: readonly (readonly [string, string, string])[] = [
      ['?app=live&stream=s', 'box', 'publish __defaultVhost__/live/s'],
      ['', 'box', 'publish __defaultVhost__/live/livestream'],
      ['?app=a&stream=s&vhost=a.com', 'box', 'publish a.com/a/s'],
      ['?app=a&stream=s&domain=a.com', 'box', 'publish a.com/a/s'],
      ['?app=a&stream=s', 'a.com', 'publish a.com/a/s'],
      ['?app=a&stream=s', 'a.com:1985', 'publish a.com/a/s'],
      ['?app=a&stream=s&vhost=other', 'a.com', 'publish __defaultVhost__/a/s'],
      ['?app=a&stream=s', '[::1]:1985', 'publish __defaultVhost__/a/s'],
      ['?app=a&stream=s&action=play', 'box', 'play __defaultVhost__/a/s'],
      ['?stream=s%20t', 'box', 'publish __defaultVhost__/live/s%20t'],
      ['?stream=a&stream=b', 'box', 'publish __defaultVhost__/live/b'],
    ];
    for (const [query, host, expected] of table) assert.equal(whip(query, host), expected);
    assert.equal(whip('?stream=s', 'box', 'play'), 'play __defaultVhost__/live/s');
  });

  it('refuses names that are none', () => {
    assert.equal(whip('?stream=a\nb'), 'invalid');
    assert.equal(whip(`?stream=${'x'.repeat(600)}`), 'invalid');
  });

  it('finds the stream of a streamurl', () => {
    const table: readonly (readonly [string, string])[] = [
      ['webrtc://box/live/s', '__defaultVhost__/live/s'],
      ['webrtc://box:1985/live/s?token=1', '__defaultVhost__/live/s'],
      ['webrtc://a.com/live/s', 'a.com/live/s'],
      ['webrtc://box/live/s?vhost=a.com', 'a.com/live/s'],
      ['', 'invalid'],
      ['webrtc', 'invalid'],
    ];
    for (const [streamurl, expected] of table) assert.equal(legacy(streamurl), expected);
  });

  it('takes out of a query what we put into it, and nothing else', () => {
    const ufrag = 'Sbox101aaaaaaaaaaaaaaaa';
    for (const eip of ['192.0.2.1:8000', null]) {
      for (const theirs of ['app=live&stream=s', '', 'eip=1.2.3.4&ice-ufrag=mine&x']) {
        const bearerKey = eip === null ? null : 'ab'.repeat(12);
        const sent = ownQuery({ eip, ufrag, bearerKey }) + theirs;
        assert.equal(withoutOwnQuery(sent), theirs);
        assert.equal(withoutOwnQuery(`?${sent}`), `?${theirs}`);
        assert.equal(withoutOwnQuery(theirs), theirs);
      }
    }
  });

  it('does not throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, host) => {
        whip(text, host);
        legacy(text);
        legacy(`webrtc://${text}/${host}`);
      }),
    );
  });
});
