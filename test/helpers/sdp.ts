/** Builds a browser's offer with one audio and one video line, reduced to what the tests need. */
export function offerText(direction: 'sendonly' | 'recvonly' | 'sendrecv'): string {
  const ice = ['a=ice-ufrag:ufrg', `a=ice-pwd:${'p'.repeat(24)}`];
  const common = [...ice, 'a=setup:actpass', `a=${direction}`, 'a=rtcp-mux'];
  return [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1',
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 111',
    'c=IN IP4 0.0.0.0',
    ...common,
    'a=mid:0',
    'a=rtpmap:111 opus/48000/2',
    'a=ssrc:1 cname:page',
    'a=ssrc:1 msid:page audio',
    'm=video 9 UDP/TLS/RTP/SAVPF 106',
    'c=IN IP4 0.0.0.0',
    ...common,
    'a=mid:1',
    'a=rtpmap:106 H264/90000',
    'a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    'a=ssrc:2 cname:page',
    'a=ssrc:2 msid:page video',
    '',
  ].join('\r\n');
}
