import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { portsAt } from '../../src/child/ports.js';
import type { Route } from '../../src/listener/route.js';
import { KEEPER_ADDRESS, keepSources } from '../../src/listener/source-keeper.js';
import { origins } from '../helpers/origins.js';
import { Acceptor, dialPort } from '../helpers/sockets.js';
import { key } from '../helpers/stream-key.js';
import { BOUNDED, until } from '../helpers/until.js';
import { TestOrigin } from '../origin/helpers.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import { C001 } from './rtmp/rig.js';

const STREAM = key('__defaultVhost__/live/kept');
/** For who shall wait for a keeper, however busy the machine is. */
const A_LONG_TIME = 600_000;
const AAC_HEADER = [0xaf, 0, 0x12, 0x10];
const AAC_FRAME = [0xaf, 1, 0x21, 0x10, 0x04];

/** A way to `port`, and how often it was given back. */
function wayTo(port: number, more: Partial<Route> = {}, startMs = A_LONG_TIME) {
  const given = { back: 0 };
  const release = () => void given.back++;
  const route: Route = { owner: C001, host: '127.0.0.1', ports: portsAt(port), release, ...more };
  return { route, given, keeping: keepSources(async () => route, startMs) };
}

for (const { name, path } of origins()) {
  describe(`the keeper of a source on ${name}`, BOUNDED, () => {
    const open = async (t: { after(close: () => Promise<void>): void }) => {
      const origin = await TestOrigin.start({ binary: path, vhost: 'play { mw_latency 0; }' });
      t.after(() => origin.close());
      const keepers = async () =>
        (await origin.clients()).filter(
          ({ ip, name, publish }) => ip === KEEPER_ADDRESS && name === 'kept' && !publish,
        ).length;
      return { ...wayTo(origin.rtmp), origin, keepers };
    };

    it('comes before its publisher and leaves at the first media', async (t) => {
      const { keeping, given, origin, keepers } = await open(t);
      assert.ok(await keeping(STREAM, 'publish'));
      await until('it is there', async () => (await keepers()) === 1);
      const publisher = await RtmpClient.open(origin.rtmp);
      t.after(() => publisher.close());
      publisher.publish(origin.tcUrl, 'kept');
      publisher.audio(0, AAC_HEADER);
      let time = 0;
      await until('it has left', async () => {
        time += 40;
        publisher.audio(time, AAC_FRAME);
        return (await keepers()) === 0;
      });
      assert.equal(given.back, 0);
    });

    it('has come when on_play has let it in', async (t) => {
      let isAnswered = false;
      const hooks = createServer(async (request, response) => {
        request.resume();
        await delay(100);
        isAnswered = true;
        response.end('0');
      }).listen(0, '127.0.0.1');
      await once(hooks, 'listening');
      t.after(() => hooks.close());
      const url = `http://127.0.0.1:${(hooks.address() as AddressInfo).port}/`;
      const vhost = `http_hooks { enabled on; on_play ${url}; }`;
      const origin = await TestOrigin.start({ binary: path, vhost });
      t.after(() => origin.close());
      await wayTo(origin.rtmp).keeping(STREAM, 'publish');
      assert.ok(isAnswered);
    });

    it('leaves with a publisher who has sent nothing', async (t) => {
      const { keeping, given, keepers } = await open(t);
      const route = await keeping(STREAM, 'publish');
      await until('it is there', async () => (await keepers()) === 1);
      route?.release();
      await until('it has left', async () => (await keepers()) === 0);
      assert.equal(given.back, 1);
    });
  });
}

test('players and publishers to other machines have no keeper', async () => {
  const local = wayTo(1);
  assert.equal(await local.keeping(STREAM, 'play'), local.route);
  const foreign = wayTo(1, { isForeign: true });
  assert.equal(await foreign.keeping(STREAM, 'publish'), foreign.route);
  assert.equal(await keepSources(async () => null)(STREAM, 'publish'), null);
});

test('a child that refuses or says nothing still gets its publisher', BOUNDED, async (t) => {
  const child = await Acceptor.open();
  t.after(() => child.close());
  const { port } = child;
  const { keeping } = wayTo(port, {}, 50);
  const routing = keeping(STREAM, 'publish');
  const keeper = await child.next();
  keeper.resume();
  const route = await routing;
  assert.equal(route?.ports.rtmp, port);
  assert.equal(keeper.readableEnded, false);
  route?.release();
  await once(keeper, 'end');
  await child.close();
  assert.equal((await keeping(STREAM, 'publish'))?.ports.rtmp, port);
});

test('the keeper for a child that is slow comes behind its publisher', BOUNDED, async (t) => {
  const origin = await TestOrigin.start();
  const child = await Acceptor.open();
  t.after(async () => {
    await child.close();
    await origin.close();
  });
  const route = await wayTo(child.port, {}, 50).keeping(STREAM, 'publish');
  const keeper = await child.next();
  const onwards = await dialPort(origin.rtmp);
  t.after(() => onwards.destroy());
  keeper.pipe(onwards).pipe(keeper);
  keeper.once('close', () => onwards.destroy());
  const names = async () => (await origin.clients()).map(({ name }) => name);
  await until('it plays', async () => (await names()).includes('kept'));
  route?.release();
  await until('it has left', async () => (await names()).length === 0);
});
