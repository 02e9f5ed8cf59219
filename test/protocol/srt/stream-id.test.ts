import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type DefaultStreamId,
  parseStreamId,
  readStreamId,
} from '../../../src/protocol/srt/stream-id.js';
import { STREAM_IDS } from '../../helpers/stream-ids.js';

describe('SRT stream ids', () => {
  for (const [id, expected] of STREAM_IDS) {
    it(`reads ${JSON.stringify(id)}`, () => {
      const parsed = parseStreamId(id, 'live');
      if (expected === null) {
        assert.equal(parsed.kind, 'invalid');
        return;
      }
      assert.ok(parsed.kind === 'value', JSON.stringify(parsed));
      const { role, vhost, app, stream } = parsed.value;
      assert.equal([role, vhost || '-', app, stream].join(' '), expected);
    });
  }

  it('puts a name without an app into the default one', () => {
    for (const id of ['s', '#!::r=s']) {
      const parsed = parseStreamId(id, 'other');
      assert.ok(parsed.kind === 'value');
      assert.equal(parsed.value.app, 'other');
    }
    // What stands for an empty id has an app of its own.
    const empty = parseStreamId('', 'other');
    assert.ok(empty.kind === 'value' && empty.value.app === 'live');
  });
});

describe('SRT stream ids in place of others', () => {
  const read = (text: string, fallback: DefaultStreamId | null = null) => {
    const parsed = readStreamId(text, 'live', fallback);
    return parsed.kind === 'value' ? parsed.value.text : parsed.kind;
  };
  const publish = { path: 'a/b', role: 'publish' } as const;

  it('is the default where an id names no stream', () => {
    for (const id of ['', '#!::', '#!::bmd_uuid=1,bmd_name=x y', '#!::token=1;key=2']) {
      assert.equal(read(id), 'invalid', id);
      assert.equal(read(id, publish), '#!::r=a/b,m=publish', id);
      assert.equal(read(id, { path: 'a/b', role: 'play' }), '#!::r=a/b,m=request', id);
    }
    // These name a stream, or try to.
    assert.equal(read('#!::m=publish', publish), 'invalid');
    assert.equal(read('#!::r=s', publish), '#!::r=s');
  });

  it('is decoded where a program left it percent-encoded', () => {
    assert.equal(read('%23!::r=live/s,m=publish'), '#!::r=live/s,m=publish');
    assert.equal(read('%23%21%3a%3ar%3Dlive%2Fs'), '#!::r=live/s');
    for (const id of ['%23!::r=%zz', '%23x/y', 'live/s%20t', '%']) assert.equal(read(id), id);
  });
});
