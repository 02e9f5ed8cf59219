import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Answers } from '../../src/console/answers.js';
import { readQuery } from '../../src/console/query.js';
import type { ConsoleSource } from '../../src/console/snapshot.js';
import { source as adminSource } from '../admin/fixtures.js';

/** A source that counts how often the samples of the box are asked for. */
function counting(): { readonly source: ConsoleSource; readonly asked: () => number } {
  let asked = 0;
  const box: ConsoleSource['history']['box'] = () => {
    asked += 1;
    const none: number[] = [];
    const of = { clients: none, streams: none, in: none, out: none };
    return { last: 0, at: none, of: { ...of, cpu: none, cpuMost: none, own: none, lag: none } };
  };
  const source: ConsoleSource = {
    admin: adminSource(),
    history: { box, child: () => null, stream: () => null },
    rates: () => ({ in: 0, out: 0 }),
    shape: () => ({ packages: [], reserved: [] }),
    threads: () => [],
    own: () => ({ cpuSeconds: 0, rss: 0 }),
    players: () => null,
    log: async () => null,
  };
  return { source, asked: () => asked };
}

it('makes the text of an answer once for all consoles that ask the same', async () => {
  const { source, asked } = counting();
  const answers = new Answers(source);
  const machine = readQuery({ load: '1' });
  const texts = await Promise.all([1, 2, 3].map(() => answers.text(machine)));
  assert.equal(new Set(texts).size, 1);
  assert.equal(asked(), 1);
  const children = JSON.parse(await answers.text(readQuery({ load: '1', list: 'children' })));
  assert.equal(children.rows.list, 'children');
  assert.equal(asked(), 2);
  const crowd = JSON.parse(await answers.text(readQuery({ list: 'streams' })));
  assert.equal(crowd.rows.list, 'streams');
  assert.equal(crowd.load, undefined);
});
