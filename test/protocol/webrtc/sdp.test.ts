import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  candidatesOf,
  iceOf,
  offerFault,
  type RtcCandidate,
  withCandidates,
} from '../../../src/protocol/webrtc/sdp.js';
import { offerText } from '../../helpers/sdp.js';

const OFFER = offerText('sendonly');

describe('sdp', () => {
  it('reads ICE credentials of the session or of a line, digits too', () => {
    assert.deepEqual(iceOf(OFFER), { ufrag: 'ufrg', password: 'p'.repeat(24) });
    const ofSession = 'v=0\r\na=ice-ufrag:1234\r\na=ice-pwd:12345678\r\nm=audio 9 RTP/AVP 0\r\n';
    assert.deepEqual(iceOf(ofSession), { ufrag: '1234', password: '12345678' });
    assert.equal(iceOf('v=0\r\nm=audio 9 RTP/AVP 0\r\n'), null);
  });

  it('takes a good offer for the role that it is made for', () => {
    assert.equal(offerFault(OFFER, 'publish'), null);
    assert.equal(offerFault(offerText('recvonly'), 'play'), null);
    assert.equal(offerFault(offerText('sendrecv'), 'play'), null);
    assert.equal(offerFault(OFFER.replaceAll('\r\n', '\n'), 'publish'), null);
  });

  it('says what is wrong with the others, in one line', () => {
    const without = (text: string) => OFFER.replaceAll(`${text}\r\n`, '');
    const table: readonly (readonly [string, 400 | 406, RegExp])[] = [
      ['', 400, /no SDP/],
      ['hello', 400, /no SDP/],
      ['{"sdp":""}', 400, /no SDP/],
      ['v=0\r\n', 400, /no m-line/],
      [without('a=ice-ufrag:ufrg'), 400, /ICE/],
      [without('a=group:BUNDLE 0 1'), 406, /BUNDLE/],
      [without('a=rtcp-mux'), 406, /rtcp-mux/],
      [OFFER.replace('m=video', 'm=application'), 406, /application/],
      [offerText('recvonly'), 406, /recvonly/],
    ];
    for (const [offer, status, reason] of table) {
      const fault = offerFault(offer, 'publish');
      assert.equal(fault?.status, status, offer);
      assert.match(fault?.reason ?? '', reason);
      assert.doesNotMatch(fault?.reason ?? '', /\n/);
    }
    assert.equal(offerFault(OFFER, 'play')?.status, 406);
  });

  it('takes the tracks of a publish offer as SRS does', () => {
    const lines = (text: string) => OFFER.replace(/a=ssrc:2 .*\r\n(?:a=ssrc:2 .*\r\n)*/, text);
    const reason = (text: string) => offerFault(lines(text), 'publish')?.reason ?? null;
    // Firefox names the track once for the whole line.
    assert.equal(reason('a=msid:page video\r\na=ssrc:2 cname:page\r\n'), null);
    assert.equal(reason('a=ssrc:2 msid:page video\r\n'), null);
    for (const missing of [
      '',
      'a=msid:page video\r\n',
      'a=ssrc:2 cname:page\r\n',
      'a=ssrc:2 msid:page\r\n',
    ]) {
      assert.match(reason(missing) ?? '', /video line names no a=ssrc/, missing);
    }
    assert.equal(offerFault(offerText('recvonly').replace(/a=ssrc.*\r\n/g, ''), 'play'), null);
  });

  it('refuses what is longer than any offer', () => {
    const long = OFFER + 'a=x\r\n'.repeat(1000);
    assert.deepEqual(offerFault(long, 'publish'), {
      status: 400,
      reason: 'the SDP offer has over 1000 lines',
    });
    assert.equal(iceOf(long), null);
    const wide = OFFER + 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'.repeat(31);
    assert.match(offerFault(wide, 'publish')?.reason ?? '', /over 32 m-lines/);
  });

  it('takes no bare CR for the end of a line', () => {
    const hidden = OFFER.replaceAll('\r\na=ice-ufrag', '\ra=ice-ufrag');
    assert.equal(iceOf(hidden), null);
  });

  it('puts candidates into every line of an answer, and keeps all else', () => {
    const candidates: RtcCandidate[] = [
      { ip: '192.0.2.1', port: 8000, transport: 'udp' },
      { ip: '2001:db8::1', port: 8000, transport: 'udp' },
      { ip: '192.0.2.1', port: 8000, transport: 'tcp' },
    ];
    const old = 'a=candidate:0 1 udp 2130706431 10.0.0.1 30003 typ host generation 0';
    const answer = OFFER.replaceAll('a=rtcp-mux', `${old}\r\na=rtcp-mux`);
    const changed = withCandidates(answer, candidates);
    assert.deepEqual(candidatesOf(changed), candidates);
    assert.equal(changed.match(/a=candidate:/g)?.length, 6);
    assert.doesNotMatch(changed, /10\.0\.0\.1/);
    assert.match(changed, /192\.0\.2\.1 8000 typ host tcptype passive generation 0\r\n/);
    const others = (sdp: string) =>
      sdp
        .split('\r\n')
        .filter((line) => !line.startsWith('a=candidate'))
        .sort();
    assert.deepEqual(others(changed), others(OFFER));
  });

  it('does not throw, whatever comes', () => {
    const lines = OFFER.split('\r\n');
    const line = fc.oneof(
      fc.constantFrom(...lines),
      fc.string(),
      fc.string().map((s) => `a=${s}`),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (some) => {
        const text = some.join('\r\n');
        for (const sdp of [text, `v=0\r\n${text}`]) {
          iceOf(sdp);
          offerFault(sdp, 'publish');
          candidatesOf(withCandidates(sdp, [{ ip: '::1', port: 1, transport: 'udp' }]));
        }
      }),
    );
  });
});
