import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { ChildRow } from '../../src/admin/types.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

const NEW_STREAMS = 4;

for (const origin of origins()) {
  describe(`a child that is drained, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2 });
    });
    afterEach(() => cast.close());
    after(() => supervisor?.dispose());

    const order = (what: 'drain' | 'undrain', id: string) =>
      supervisor.post<ChildRow & { readonly error?: string }>(`children/${id}/${what}`);

    const counts = async (id: string) => {
      const { state, streams, clients } = await supervisor.child(id);
      return `${state}, ${streams} streams, ${clients} clients`;
    };

    it('keeps its streams and their players, gets none, and is counted down', async () => {
      await supervisor.calm();
      const url = supervisor.url('live/kept');
      const publisher = cast.publish(url);
      const early = await cast.play(url);
      await until('media', () => early.received.length > 10);
      const { child } = await supervisor.ownerOf('live/kept');
      const row = await order('drain', child);
      assert.deepEqual([row.id, row.state, row.streams, row.clients], [child, 'draining', 1, 2]);

      const late = await cast.play(url);
      await until('media for who came later', () => late.received.length > 10);
      assert.equal(await counts(child), 'draining, 1 streams, 3 clients');
      for (let i = 0; i < NEW_STREAMS; i++) {
        cast.publish(supervisor.url(`live/new${i}`));
        assert.notEqual((await supervisor.ownerOf(`live/new${i}`)).child, child);
      }
      assert.ok(await moreFor(early));

      await publisher.kill();
      await Promise.all([early.close(), late.close()]);
      const empty = 'draining, 0 streams, 0 clients';
      await until('an empty child', async () => (await counts(child)) === empty);
      cast.publish(url);
      assert.notEqual((await supervisor.ownerOf('live/kept')).child, child);

      assert.equal((await order('undrain', child)).state, 'ready');
      cast.publish(supervisor.url('live/again'));
      assert.equal((await supervisor.ownerOf('live/again')).child, child);
    });

    it('is one that is there', async () => {
      const error = 'no child of ours is called c009: GET /admin/v1/children lists them';
      assert.deepEqual(await order('drain', 'c009'), { error });
      assert.deepEqual(await order('undrain', 'c009'), { error });
    });
  });
}
