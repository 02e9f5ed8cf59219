import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HotFiles } from '../../src/files/hot-files.js';

function file(bytes: number) {
  return { headers: {}, body: Buffer.alloc(bytes) };
}

describe('files in memory', () => {
  it('are read once, however many ask', async () => {
    const files = new HotFiles(100);
    let reads = 0;
    const read = async () => {
      reads += 1;
      return file(10);
    };
    const [one, two] = await Promise.all([files.load('a', read), files.load('a', read)]);
    assert.equal(reads, 1);
    assert.equal(one, two);
    assert.equal(files.get('a'), one);
  });

  it('go by least recent use when there are too many bytes', async () => {
    const files = new HotFiles(25);
    for (const name of ['a', 'b']) await files.load(name, async () => file(10));
    files.get('a');
    await files.load('c', async () => file(10));
    assert.deepEqual(
      ['a', 'b', 'c'].filter((name) => files.get(name)),
      ['a', 'c'],
    );
    assert.equal(files.bytes, 20);
    await files.load('d', async () => file(26));
    assert.equal(files.bytes, 0, 'too large for all');
  });

  it('are asked for again where they could not be read', async () => {
    const files = new HotFiles(100);
    assert.equal(await files.load('a', async () => null), null);
    await assert.rejects(
      files.load('a', () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.ok(await files.load('a', async () => file(1)));
  });
});
