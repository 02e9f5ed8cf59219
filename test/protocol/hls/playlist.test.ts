import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  isMaster,
  parsePlaylist,
  printMaster,
  printPlaylist,
} from '../../../src/protocol/hls/playlist.js';

/** As SRS 7.0.18 writes it. */
const SRS = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-TARGETDURATION:3
#EXT-X-DISCONTINUITY
#EXTINF:2.023, no desc
x-c001-1-7-1795400636399.ts
#EXTINF:2.000, no desc
x-c001-1-8-1795400638612.ts
`;

const MASTER = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1
/live/x.m3u8?hls_ctx=abcdefgh
`;

function parsed(text: string) {
  const list = parsePlaylist(text);
  assert.equal(list.kind, 'value');
  return list.kind === 'value' ? list.value : assert.fail();
}

describe('playlists', () => {
  it('reads what SRS writes', () => {
    const list = parsed(SRS);
    assert.deepEqual(
      { ...list, segments: list.segments.length },
      {
        tags: ['#EXT-X-VERSION:3'],
        targetSeconds: 3,
        sequence: 7,
        discontinuitySequence: 0,
        segments: 2,
        ended: false,
      },
    );
    assert.deepEqual(list.segments[0], {
      uri: 'x-c001-1-7-1795400636399.ts',
      seconds: 2.023,
      tags: ['#EXTINF:2.023, no desc'],
      discontinuity: true,
    });
  });

  it('writes what it read, with a query behind each segment', () => {
    assert.equal(printPlaylist(parsed(SRS)), SRS);
    const text = printPlaylist(parsed(SRS), 'hls_ctx=a');
    assert.equal(text, SRS.replaceAll('.ts', '.ts?hls_ctx=a'));
    const asked = printPlaylist(parsed(text), 'vhost=b');
    assert.equal(asked, SRS.replaceAll('.ts', '.ts?hls_ctx=a&vhost=b'));
  });

  it('keeps keys, maps and dates with their segment', () => {
    const tags =
      '#EXT-X-KEY:METHOD=AES-128,URI="/live/x-c001-1-0-0.key",IV=0x00\n#EXT-X-MAP:URI="i.mp4"';
    const text = SRS.replace('#EXTINF:2.000', `${tags}\n#EXTINF:2.000`);
    assert.equal(parsed(text).segments[1]?.tags.length, 3);
    assert.equal(printPlaylist(parsed(text)), text);
    const ended = `${SRS}#EXT-X-ENDLIST\n`;
    assert.equal(printPlaylist(parsed(ended)), ended);
  });

  it('puts the query behind the keys and maps of this server too, named from its folder', () => {
    const printed = (uri: string) => {
      const tag = `#EXT-X-KEY:METHOD=AES-128,URI="${uri}",IV=0x00`;
      const list = parsed(SRS.replace('#EXTINF:2.000', `${tag}\n#EXTINF:2.000`));
      return /URI="(.*)"/.exec(printPlaylist(list, 'vhost=b', '/live/'))?.[1];
    };
    const keys = {
      '/live/x-1.key': 'x-1.key?vhost=b',
      'x-1.key': 'x-1.key?vhost=b',
      '/live/x-1.key?a=1': 'x-1.key?a=1&vhost=b',
      '/other/x-1.key': '/other/x-1.key?vhost=b',
      '/live/sub/x-1.key': '/live/sub/x-1.key?vhost=b',
      '/live/a:b.key': '/live/a:b.key?vhost=b',
      'https://keys.example/live/x-1.key': 'https://keys.example/live/x-1.key',
      '//keys.example/x-1.key': '//keys.example/x-1.key',
      'skd://key': 'skd://key',
    };
    for (const [uri, right] of Object.entries(keys)) assert.equal(printed(uri), right);
  });

  it('names the variants of a master playlist from its folder', () => {
    const near = MASTER.replace('/live/x', 'x');
    assert.equal(printMaster(MASTER, '/live/'), near);
    assert.equal(printMaster(near, '/live/'), near);
    assert.equal(printMaster(MASTER, '/other/'), MASTER);
  });

  it('tells a master playlist, and refuses what is none', () => {
    assert.ok(isMaster(MASTER));
    for (const text of [MASTER, '', '<html>', 'x\n#EXTM3U']) {
      assert.equal(parsePlaylist(text).kind, 'invalid', text);
    }
  });

  it('never throws, and understands what it printed', () => {
    const line = fc.constantFrom(
      ...SRS.split('\n'),
      '#EXT-X-ENDLIST',
      '#EXTINF:x',
      '#EXTINF:-1',
      'a',
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const list = parsePlaylist(['#EXTM3U', ...lines].join('\r\n'));
        if (list.kind !== 'value') return assert.fail();
        assert.deepEqual(parsed(printPlaylist(list.value)).segments, list.value.segments);
      }),
    );
  });
});
