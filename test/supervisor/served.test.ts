import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfOptions } from '../../src/child/conf-plan.js';
import { StartedConfs } from '../../src/child/started-confs.js';
import { parseTemplate } from '../../src/child/template.js';
import type { ChildState } from '../../src/child/types.js';
import { Served, type ServedParts } from '../../src/supervisor/served.js';
import { CONF } from '../child/helpers.js';
import { key } from '../helpers/stream-key.js';

const HLS = { fragmentSeconds: 2, windowSeconds: 10 };

/** Two children of one config, whose processes the test replaces. */
class World {
  readonly started = new StartedConfs();
  readonly list = [1, 2].map((number) => ({
    id: `c00${number}`,
    generation: 0,
    state: 'ready' as ChildState,
    readySince: number,
  }));
  readonly current = { config: { children: { maxConnections: 100 } } };
  readonly served: Served;
  changes = 0;
  #now = 10;

  constructor(conf: Partial<ConfOptions> = {}) {
    const first: ConfOptions = { ...CONF, hls: HLS, vhosts: { 'a.com': 'flv' }, ...conf };
    this.served = new Served({
      started: this.started,
      children: () => this.list,
      conf: first,
      current: this.current as unknown as ServedParts['current'],
    });
    for (const child of this.list) this.restart(child.id, first);
    this.served.on('vhosts', () => {
      this.changes += 1;
    });
  }

  child(id: string) {
    const child = this.list.find((one) => one.id === id);
    assert.ok(child);
    return child;
  }

  restart(id: string, conf: ConfOptions): void {
    const child = this.child(id);
    child.generation += 1;
    child.readySince = this.#now++;
    this.started.note(child, conf);
    this.served.look();
  }

  takers(stream: string): string[] {
    const takers = this.list.filter((child) => this.served.mayTake(child, key(stream)));
    return takers.map(({ id }) => id);
  }

  /** Returns the key behind a path of an HTTP port; null: it is no stream there. */
  found(path: string, host: string): string | null {
    const found = this.served.match({ path, query: '', authority: null }, host);
    return found && `${found.name.vhost}/${found.name.app}/${found.name.stream}`;
  }
}

const NEW: ConfOptions = { ...CONF, hls: HLS, vhosts: { 'b.com': 'ts' } };
const [BOTH, DEFAULT] = [['c001', 'c002'], '__defaultVhost__'];

test('a vhost is served from the first child that has it to the last one', () => {
  const world = new World();
  assert.deepEqual(world.served.vhosts, [DEFAULT, 'a.com']);
  assert.equal(world.found('/live/s.ts', 'b.com'), null);

  world.restart('c001', NEW);
  assert.equal(world.changes, 1);
  assert.deepEqual(new Set(world.served.vhosts), new Set([DEFAULT, 'a.com', 'b.com']));
  assert.deepEqual(world.takers('a.com/live/s'), ['c002']);
  assert.deepEqual(world.takers('b.com/live/s'), ['c001']);
  assert.deepEqual(world.takers(`${DEFAULT}/live/s`), BOTH);
  assert.equal(world.found('/live/s.flv', 'a.com'), 'a.com/live/s');
  assert.equal(world.found('/live/s.ts', 'b.com'), 'b.com/live/s');

  world.restart('c002', NEW);
  assert.deepEqual(world.served.vhosts, [DEFAULT, 'b.com']);
  assert.deepEqual(world.takers('b.com/live/s'), BOTH);
  assert.equal(world.found('/live/s.flv', 'a.com'), `${DEFAULT}/live/s`);
  assert.equal(world.changes, 2);
});

test('children whose configs differ in other things take each stream', () => {
  const world = new World();
  world.restart('c001', { ...CONF, hls: HLS, vhosts: { 'a.com': 'flv' }, maxConnections: 7 });
  for (const vhost of ['a.com', DEFAULT]) assert.deepEqual(world.takers(`${vhost}/live/s`), BOTH);
});

test('what a vhost can do is what its latest config says', () => {
  const world = new World({ vhosts: { 'b.com': 'flv' } });
  assert.deepEqual(
    ['b.com', 'x.com'].map((name) => world.served.makesHls(name)),
    [true, false],
  );
  assert.equal(world.served.isHoldable('b.com'), true);
  world.restart('c002', NEW);
  assert.equal(world.served.makesHls('b.com'), false);
  assert.equal(world.found('/live/s.flv', 'b.com'), null);
  assert.equal(world.found('/live/s.ts', 'b.com'), 'b.com/live/s');
});

test('while no child serves, the names stay as they were', () => {
  const world = new World();
  for (const child of world.list) child.state = 'failed';
  world.served.look();
  assert.deepEqual([world.served.vhosts, world.changes], [[DEFAULT, 'a.com'], 0]);
  world.child('c001').state = 'draining';
  world.served.look();
  assert.equal(world.changes, 0);
});

test('a box without children goes by its configuration at once', () => {
  const world = new World();
  world.served.renew(NEW);
  assert.deepEqual(world.served.vhosts, [DEFAULT, 'a.com']);
  world.list.length = 0;
  world.served.renew(NEW);
  assert.deepEqual([world.served.vhosts, world.changes], [[DEFAULT, 'b.com'], 1]);
});

test('the vhosts of a template are served, and no others', () => {
  const text = 'vhost a.com { hls { enabled on; } mode remote; } vhost b.com { }';
  const { served } = new World({ template: parseTemplate(text) });
  assert.deepEqual(served.vhosts, [DEFAULT, 'a.com', 'b.com']);
  assert.deepEqual([served.makesHls('a.com'), served.makesHls('b.com')], [true, false]);
});

test('a child takes as many clients as its process can, and no more than configured', () => {
  const world = new World({ maxConnections: 100 });
  const limits = () => world.list.map((child) => world.served.maxConnectionsOf(child));
  world.current.config.children.maxConnections = 200;
  assert.deepEqual(limits(), [100, 100]);
  world.restart('c002', { ...NEW, maxConnections: 200 });
  assert.deepEqual(limits(), [100, 200]);
  world.current.config.children.maxConnections = 50;
  assert.deepEqual(limits(), [50, 50]);
  const origin = { id: 'o001', generation: 1 };
  assert.equal(world.served.maxConnectionsOf(origin), 50);
});

test('of each generation the config that its process read is remembered', () => {
  const confs = new StartedConfs();
  const [first, second] = [{ ...CONF }, { ...CONF }];
  const ref = { id: 'c001', generation: 1 };
  assert.equal(confs.of(ref), null);
  confs.note(ref, first);
  confs.note(ref, second);
  assert.equal(confs.of(ref), first);
  confs.note({ ...ref, generation: 2 }, second);
  assert.deepEqual([confs.of(ref), confs.of({ ...ref, generation: 2 })], [null, second]);
});
