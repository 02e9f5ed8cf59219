import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseStreamId } from '../../../src/protocol/srt/stream-id.js';
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
