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
        for (const name of ['http-flv', 'hooks-flv']) {
          await test.test(name, async () => {
            const got = (await playAll(target, name)).get(name) ?? [];
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
