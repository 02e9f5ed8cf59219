import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { clientsOn, publishedOn } from '../helpers/child-api.js';
import { churn } from '../helpers/churn.js';
import { origins } from '../helpers/origins.js';
import { descriptorsOf, residentBytes } from '../helpers/processes.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const CLIENTS = 300;
const AT_ONCE = 12;
const STREAM = 'live/source';
const MB = 1024 * 1024;
/** Most bytes that a round of clients may leave behind: those of a heap that breathes. */
const MAX_GROWTH = 32 * MB;

for (const origin of origins()) {
  describe(`churn on ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 3 });
      cast.publish(supervisor.url(STREAM));
      await supervisor.ownerOf(STREAM);
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
    });

    let rounds = 0;
    const round = (clients: number) => {
      rounds += 1;
      const target = { port: supervisor.rtmpPort, stream: STREAM, freshApp: `churn${rounds}` };
      return churn(target, clients, AT_ONCE);
    };

    /** Waits until only the publisher is left of all clients. */
    const quiet = () =>
      until('no other client', async () => (await supervisor.connections()).length === 1);

    it('leaves no descriptor and no memory behind', async (t) => {
      await supervisor.calm();
      await round(CLIENTS / 10);
      await quiet();
      const before = await descriptorsOf(supervisor.pid);
      const memory: number[] = [];
      for (let i = 0; i < 2; i++) {
        await round(CLIENTS);
        await quiet();
        await until('the descriptors of before', async () => {
          return (await descriptorsOf(supervisor.pid)) <= before;
        });
        memory.push(await residentBytes(supervisor.pid));
      }
      const [first = 0, second = 0] = memory;
      t.diagnostic(`${before} descriptors, ${memory.map((bytes) => Math.round(bytes / MB))} MB`);
      assert.ok(second - first < MAX_GROWTH, `from ${first} to ${second} bytes`);
    });

    it('leaves no client and, after the grace, no stream', async () => {
      await cast.close();
      await until('no connection', async () => (await supervisor.connections()).length === 0);
      await until('no stream', async () => (await supervisor.streams()).length === 0);
      for (const child of await supervisor.children()) {
        assert.deepEqual([child.clients, child.streams], [0, 0], child.id);
        await until(`no client of ${child.id}`, async () => (await clientsOn(child)).length === 0);
        assert.deepEqual(await publishedOn(child), []);
      }
    });
  });
}
