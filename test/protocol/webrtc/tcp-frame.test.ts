import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseFirstFrame } from '../../../src/protocol/webrtc/tcp-frame.js';

describe('tcp frame', () => {
  const frame = Buffer.concat([Buffer.from([0, 5]), Buffer.from('hello')]);

  it('reads the first frame and leaves what follows', () => {
    const parsed = parseFirstFrame(Buffer.concat([frame, frame]));
    assert.ok(parsed.kind === 'value');
    assert.equal(parsed.value.toString(), 'hello');
    assert.equal(parsed.consumed, frame.length);
  });

  it('waits for the rest of each prefix', () => {
    for (let size = 0; size < frame.length; size += 1) {
      assert.equal(parseFirstFrame(frame.subarray(0, size)).kind, 'incomplete');
    }
  });

  it('waits for no frame that is longer than a STUN request', () => {
    assert.equal(parseFirstFrame(Buffer.from('GET / HTTP/1.1')).kind, 'invalid');
  });
});
