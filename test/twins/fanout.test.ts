import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MINI_SRS } from '../helpers/origins.js';
import { NO_SRS, SRS_BINARY } from '../helpers/srs.js';
import { BOUNDED } from '../helpers/until.js';
import { expectedOf, type Server, withoutKnown } from './compare.js';
import { DIFFERENCES } from './differences.js';
import { playAll } from './play-all.js';
import { box } from './target.js';

const FANOUT = { SRS_SUPERVISOR_FANOUT_MODE: 'auto', SRS_SUPERVISOR_FANOUT_FROM: '1' };
/** Scripts of players that fan-out serves, or might. */
const VIEWERS = [
  ...['http-flv', 'hooks-flv', 'hooks-rtmp', 'hooks-waiting-player', 'hooks-ids'],
  ...['play-ffmpeg', 'play-flash', 'play-waiting', 'play-ends', 'play-second-stream'],
  ...['play-one-flight', 'play-start-5000', 'play-then-publish'],
];
const SERVERS: readonly [Server, string, string | false][] = [
  ['box of srs', SRS_BINARY, NO_SRS],
  ['box of mini-srs', MINI_SRS, false],
];

for (const [server, binary, skip] of SERVERS) {
  describe(`twins: ${server} with fan-out, and what a lone SRS says`, { ...BOUNDED, skip }, () => {
    it('is the same', async (test) => {
      const known = DIFFERENCES.filter(({ of }) => of.includes(server));
      const target = await box(binary, FANOUT);
      try {
        for (const [name, got] of await playAll(target, VIEWERS)) {
          await test.test(name, () => {
            const script = { script: name, expected: expectedOf(name), got };
            const both = withoutKnown(script, known, new Set());
            assert.deepEqual(both.got, both.expected);
          });
        }
      } finally {
        await target.close();
      }
    });
  });
}
