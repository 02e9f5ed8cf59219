import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { FlvFanout } from '../../../src/listener/http/flv-fanout.js';
import { type FanoutRules, StreamFanout } from '../../../src/listener/stream-fanout.js';
import { silentLogger } from '../../../src/logging/logger.js';
import { httpChunk } from '../../../src/protocol/http/chunks.js';
import { openEngine } from '../../../src/relay/engine.js';
import type { RelayEngine } from '../../../src/relay/relay.js';
import {
  audioFrame,
  audioHeader,
  FLV_HEADER,
  interFrame,
  keyframe,
  METADATA,
  videoHeader,
} from '../../helpers/flv-bytes.js';
import { BOUNDED, until } from '../../helpers/until.js';
import { Rig } from './rig.js';

const GET = 'GET /live/x.flv?token=1 HTTP/1.1\r\nHost: a\r\n\r\n';
const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const HEADERS = [METADATA, audioHeader(), videoHeader()];
const RULES: FanoutRules = { isOn: true, from: 2, ring: { bytes: 1e6, ms: 5000 }, memory: 1e8 };

/** Answers the request that comes next at the child with a head and the beginning of a stream. */
async function serve(
  rig: Rig,
  ...tags: readonly Buffer[]
): Promise<{ child: Socket; asked: string }> {
  const child = await rig.child.next();
  const [bytes] = await once(child.resume(), 'data');
  child.write(HEAD);
  child.write(httpChunk([FLV_HEADER, ...HEADERS, ...tags]));
  return { child, asked: String(bytes) };
}

function textOf(...tags: readonly Buffer[]): string {
  return Buffer.concat(tags).toString('latin1');
}

describe('HTTP-FLV by fan-out', BOUNDED, () => {
  let engine: RelayEngine;
  let feeds: StreamFanout;
  let rules = RULES;
  let rig: Rig;
  let shared = 0;

  before(async () => {
    engine = await openEngine({ engine: 'native', threads: 1, cpus: [], logger: silentLogger });
    assert.ok(engine.fanoutThreads);
    feeds = new StreamFanout({
      threads: engine.fanoutThreads,
      rules: () => rules,
      fits: (vhost) => vhost === '__defaultVhost__',
    });
    const fanout = new FlvFanout({ fanout: feeds, server: 'SRS/7.0.18(Hang)' });
    rig = await Rig.open(engine, { fanout }, () => {
      shared += 1;
    });
  });
  after(() => rig.close());

  it('relays the first viewer, and serves the others from one connection', async () => {
    const first = await rig.client(GET);
    const own = await serve(rig, keyframe(0));
    assert.match(own.asked, /^GET \/live\/x\.flv\?token=1 /);
    await first.reads(textOf(keyframe(0)));

    const others = [
      await rig.client(GET),
      await rig.client(GET.replace('a\r\n', 'a\r\nOrigin: b\r\n')),
    ];
    const { child, asked } = await serve(rig, keyframe(5000), audioFrame(5010));
    assert.match(asked, /^GET \/live\/x\.flv HTTP\/1\.1\r\nHost: __defaultVhost__\r\n/);
    assert.equal(child.remoteAddress, '127.0.83.82');
    for (const other of others) {
      await other.reads(textOf(keyframe(5000), audioFrame(5010)));
      await other.reads('Transfer-Encoding: chunked\r\n\r\n');
      await other.reads(textOf(METADATA));
    }
    assert.match(others[1]!.text, /Access-Control-Allow-Origin: \*/);
    child.write(httpChunk([interFrame(5040)]));
    for (const other of others) await other.reads(textOf(httpChunk([interFrame(5040)])));
    assert.equal(shared, 2);
    const row = [...feeds.rows().values()][0];
    assert.deepEqual({ ...row, ringBytes: 0 }, { viewers: 2, feeds: 1, skipped: 0, ringBytes: 0 });

    for (const other of others) other.socket.destroy();
    child.write(httpChunk([interFrame(5080)]));
    child.write(httpChunk([interFrame(5120)]));
    await until('they have left', () => rig.told.filter((one) => one === 'leave').length === 2);
    assert.deepEqual(rig.told.slice(0, 2), [
      'play 127.0.0.1 x rtmp://__defaultVhost__/live ?token=1 ',
      'play 127.0.0.1 x rtmp://__defaultVhost__/live ?token=1 ',
    ]);
    assert.ok(rig.told.includes('carried c001') && !rig.told.includes('served'));
    first.socket.destroy();
    own.child.destroy();
    await once(child, 'end');
    child.destroy();
    await rig.empties();
    await until('nothing is kept', () => feeds.rows().size === 0);
  });

  it('sends nothing to a viewer that a hook refuses', async () => {
    rules = { ...RULES, from: 1 };
    rig.verdict = Promise.resolve(false);
    const refused = await rig.client(GET);
    await refused.reads('HTTP/1.1 403 Forbidden');
    rig.verdict = Promise.resolve(true);
    await refused.ends();
    await rig.empties();
  });

  it('ends its viewers when the child ends the stream', async () => {
    const viewer = await rig.client(GET);
    const { child } = await serve(rig, keyframe(0));
    await viewer.reads(textOf(keyframe(0)));
    child.destroy();
    await viewer.ends();
    await rig.empties();
  });

  it('relays a viewer where the child refuses our own connection, or fan-out is off', async () => {
    const viewer = await rig.client(GET);
    const ours = await rig.child.next();
    ours.end('HTTP/1.1 404 Not Found\r\n\r\n');
    ours.resume();
    const theirs = await serve(rig, keyframe(0));
    assert.match(theirs.asked, /token=1/);
    await viewer.reads(textOf(keyframe(0)));
    rules = { ...RULES, isOn: false };
    const other = await rig.client(GET);
    const second = await serve(rig, keyframe(40));
    assert.match(second.asked, /token=1/);
    await other.reads(textOf(keyframe(40)));
    for (const { child } of [theirs, second]) child.destroy();
    await Promise.all([viewer.ends(), other.ends()]);
    await rig.empties();
  });

  it('leaves HTTP/1.0 and HEAD to the relay, and what has no room', async () => {
    rules = { ...RULES, from: 1, memory: 0 };
    const viewer = await rig.client(GET);
    const one = await serve(rig, keyframe(0));
    assert.match(one.asked, /token=1/);
    rules = { ...RULES, from: 1 };
    const old = await rig.client('GET /live/x.flv?token=2 HTTP/1.0\r\n\r\n');
    const two = await serve(rig, keyframe(0));
    assert.match(two.asked, /token=2/);
    await old.reads(textOf(keyframe(0)));
    for (const { child } of [one, two]) child.destroy();
    await Promise.all([viewer.ends(), old.ends()]);
    await rig.empties();
  });
});
