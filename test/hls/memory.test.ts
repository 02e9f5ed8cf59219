import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { httpGet } from '../helpers/http-get.js';
import { NO_SRS, SRS_BINARY } from '../helpers/srs.js';
import { BOUNDED } from '../helpers/until.js';
import { HlsRig } from './rig.js';

const VIEWERS = 1000;
const AT_ONCE = 20;
/** Most bytes that a thousand viewers may leave behind: a hundred bytes each would be more. */
const LIMIT_BYTES = 4 * 1024 * 1024;
const ROUNDS = 2;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

describe('a thousand viewers', { ...BOUNDED, skip: NO_SRS }, () => {
  it('leave nothing behind, however often they poll', async (t) => {
    const rig = await HlsRig.start(t, SRS_BINARY);
    const child = await rig.child('c001', 1);
    rig.owners.set('__defaultVhost__/live/x', child);
    const publisher = rig.publish(t, child, 'live/x');
    const first = await HlsViewer.join(`${rig.url}/live/x.m3u8`);
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    t.after(() => agent.destroy());
    const urls: string[] = [];
    const join = async () => {
      const url = `${rig.url}/live/x.m3u8`;
      const { body } = await httpGet(url, {}, agent);
      urls.push(new URL(/^[^#\n].*/m.exec(body.toString())?.[0] ?? '', url).href);
    };
    const poll = async (url: string) => {
      const { status, body } = await httpGet(url, {}, agent);
      assert.equal(status, 200, body.toString());
      assert.match(body.toString(), /#EXTINF/);
    };
    await each(Array.from({ length: VIEWERS }), join);
    assert.equal(new Set(urls).size, VIEWERS);
    await each(urls, poll);
    const before = heapBytes();
    for (let round = 0; round < ROUNDS; round += 1) await each(urls, poll);
    const grown = heapBytes() - before;
    assert.ok(grown < LIMIT_BYTES, `${grown} bytes more after ${ROUNDS * VIEWERS} polls`);
    assert.equal(rig.held, 0);
    assert.ok((await first.poll()).ok);
    publisher.kill('SIGKILL');
    await once(publisher, 'exit');
  });
});

/** So many at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (const item of rest) await work(item);
  });
  await Promise.all(workers);
}
