import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Extension,
  type ExtensionBlock,
  parseExtensions,
  parseStreamIdExtension,
} from '../../../src/protocol/srt/extensions.js';
import { HANDSHAKE_SIZE } from '../../../src/protocol/srt/handshake.js';
import { abilitiesIn, ENCRYPTED, NAMELESS, PLAY, PUBLISH } from '../../helpers/srt-bytes.js';

function blocksOf(packet: Buffer): ExtensionBlock[] {
  const parsed = parseExtensions(packet);
  assert.ok(parsed.kind === 'value', JSON.stringify(parsed));
  return parsed.value;
}

function streamId(packet: Buffer): string {
  const parsed = parseStreamIdExtension(blocksOf(packet));
  assert.ok(parsed.kind === 'value', JSON.stringify(parsed));
  return parsed.value;
}

describe('SRT extensions', () => {
  it('reads the stream id of every kind of caller', () => {
    assert.equal(streamId(PUBLISH.conclusion), '#!::r=live/cam,m=publish');
    assert.equal(streamId(PLAY.conclusion), 'live/cam');
    assert.equal(streamId(NAMELESS.conclusion), '');
    assert.equal(streamId(ENCRYPTED.conclusion), '#!::r=live/enc,m=publish');
  });

  it('reads what both sides can do', () => {
    const asked = abilitiesIn(blocksOf(PUBLISH.conclusion));
    assert.deepEqual(asked, {
      version: 0x010501,
      flags: 0xbf,
      receiverDelay: 200,
      senderDelay: 200,
    });
    assert.equal(abilitiesIn(blocksOf(PUBLISH.answer))?.receiverDelay, 200);
    assert.equal(abilitiesIn(blocksOf(PUBLISH.induction)), null);
  });

  it('finds the key of an encrypted caller, and of its answer', () => {
    const types = (packet: Buffer) => blocksOf(packet).map(({ type }) => type);
    const { HSREQ, HSRSP, KMREQ, KMRSP, SID } = Extension;
    assert.deepEqual(types(ENCRYPTED.conclusion), [HSREQ, SID, KMREQ]);
    assert.deepEqual(types(ENCRYPTED.answer), [HSRSP, KMRSP]);
  });

  it('takes no extension that is cut off', () => {
    const whole = ENCRYPTED.conclusion;
    const ends = [HANDSHAKE_SIZE];
    for (const { content } of blocksOf(whole)) ends.push((ends.at(-1) ?? 0) + 4 + content.length);
    for (let size = HANDSHAKE_SIZE; size < whole.length; size += 1) {
      const { kind } = parseExtensions(whole.subarray(0, size));
      assert.equal(kind, ends.includes(size) ? 'value' : 'invalid', `${size} bytes`);
    }
  });

  it('takes no stream id that is longer than SRT allows', () => {
    const id = (words: number) =>
      parseStreamIdExtension([{ type: Extension.SID, content: Buffer.alloc(4 * words, 'a') }]);
    assert.equal(id(128).kind, 'value');
    assert.equal(id(129).kind, 'invalid');
  });
});
