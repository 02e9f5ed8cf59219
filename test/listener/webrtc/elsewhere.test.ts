import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Route } from '../../../src/listener/route.js';
import { HOP_HEADER } from '../../../src/protocol/peer/hop.js';
import { stunRequest } from '../../helpers/stun.js';
import { until } from '../../helpers/until.js';
import { PASSWORD, Rig } from './rig.js';

describe('webrtc sessions of another box', () => {
  const home = new Rig();
  const box = new Rig('portable', (username) => (username.startsWith('S') ? toHome() : null));
  const [child] = home.children;
  assert.ok(child);

  function toHome(): Route {
    const api = home.http.address()?.port ?? 0;
    const ports = { rtmp: 0, http: 0, api, rtc: home.port, srt: 0 };
    const owner = { id: 'c001', generation: 0, box: 'home' };
    const to = { host: '127.0.0.1', port: 0, secret: 'a secret of some length' };
    const via = { ...to, child: 'c001', generation: 0, wanted: null };
    return { owner, host: '127.0.0.1', ports, via, release: () => {} };
  }

  before(async () => {
    await home.start();
    await box.start();
  });
  after(async () => {
    await box.close();
    await home.close();
  });

  it('relays media both ways, and knows the next session of an address from the last', async () => {
    const client = await box.client();
    for (const stream of ['first', 'second']) {
      const { username } = await home.session(stream);
      const check = stunRequest({ username, password: PASSWORD });
      await until('the check arrives', () => {
        client.send(check, box.port);
        return child.datagrams.some(({ bytes }) => bytes.equals(check));
      });
      const { port = 0 } = child.datagrams.find(({ bytes }) => bytes.equals(check)) ?? {};
      client.send(`\x80to ${stream}`, box.port);
      await until('media arrive', () => child.texts.includes(`\x80to ${stream}`));
      child.send(`\x80of ${stream}`, port);
      await until('media come back', () => client.got.includes(`\x80of ${stream}`));
      assert.equal(home.sessions.find(username)?.flows.size, 1);
    }
    const rows = await box.sessions.rows();
    assert.deepEqual(new Set(rows.map(({ stream }) => stream)), new Set([null]));
    await until('the first is over', () => box.sessions.summary().connections === 1);
  });

  it('hands on what a stranger forges, and the other box answers nothing', async () => {
    const [client, { username }] = [await box.client(), await home.session('forged')];
    const before = home.sessions.counters.failed.invalid;
    client.send(stunRequest({ username, password: 'guessed' }), box.port);
    client.send(stunRequest({ username: 'nobody:here', password: PASSWORD }), box.port);
    await until('it is seen', () => home.sessions.counters.failed.invalid === before + 1);
    assert.equal(home.sessions.find(username)?.flows.size, 0);
    assert.deepEqual(client.got, []);
  });

  it('takes a client by TCP', async () => {
    const { username } = await home.session('tcp');
    const check = stunRequest({ username, password: PASSWORD });
    const client = connect(box.port, '127.0.0.1');
    const frame = Buffer.concat([Buffer.from([0, check.length]), check]);
    client.write(frame);
    await until('the child has it', () => Buffer.concat(child.tcp).includes(frame));
    client.destroy();
    await until('it ends', () => home.sessions.find(username) === null);
  });

  it('deletes one where it is, and asks no third box', async () => {
    const { username, location } = await home.session('deleted');
    const remove = (headers: Record<string, string>) =>
      fetch(`${box.url}${location}`, { method: 'DELETE', headers });
    assert.equal((await remove({ [HOP_HEADER]: 'from a box' })).status, 200);
    assert.ok(home.sessions.find(username));
    assert.equal((await remove({})).status, 200);
    assert.equal(home.sessions.find(username), null);
  });
});
