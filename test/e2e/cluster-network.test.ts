import assert from 'node:assert/strict';
import { afterEach, describe, it, type TestContext } from 'node:test';
import { Cast } from '../helpers/cast.js';
import { Cluster, type ClusterBox, httpUrl, publishOn } from '../helpers/cluster.js';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { Machine, openHub, REDIS_HOST } from '../helpers/machine.js';
import { Ffmpeg } from '../helpers/media.js';
import { isInside, NO_NAMESPACES, runInside } from '../helpers/namespaces.js';
import { MINI_SRS, origins } from '../helpers/origins.js';
import { CLIP } from '../helpers/paths.js';
import { processesWith } from '../helpers/processes.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { BOUNDED, until } from '../helpers/until.js';

const FRAMES = 50;
const REDIS = ['--bind', `127.0.0.1 ${REDIS_HOST}`, '--protected-mode', 'no'];
const HLS = { SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1', SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '10' };

/** Two boxes, each on a machine of its own. */
class Network {
  readonly machines: Machine[] = [];
  readonly cast = new Cast();
  #cluster: Cluster | null = null;

  async open(origin = MINI_SRS): Promise<Cluster> {
    this.machines.push(await Machine.open(), await Machine.open());
    const { machines } = this;
    const registry = async ({ port }: { port: number }) => `redis://${REDIS_HOST}:${port}`;
    const options = { origin, children: 1, machines, redis: REDIS, registry, env: HLS };
    this.#cluster = await Cluster.start(options);
    return this.#cluster;
  }

  get a(): Machine {
    const [machine] = this.machines;
    assert.ok(machine);
    return machine;
  }

  async close(): Promise<void> {
    await this.cast.close();
    await this.#cluster?.dispose();
    for (const machine of this.machines.splice(0)) await machine.close();
  }
}

/** The clock of a run, for the table in docs/cluster.md: shown, not judged. */
function clock(t: TestContext): (what: string) => void {
  const since = performance.now();
  return (what) =>
    t.diagnostic(`${what} after ${((performance.now() - since) / 1000).toFixed(1)} s`);
}

function assertMedia(): void {
  const network = new Network();
  afterEach(() => network.close());

  for (const origin of origins()) {
    it(`play by every protocol what one of them publishes, ${origin.name}`, async (t) => {
      const { a, b } = await network.open(origin.path);
      await publishOn(network.cast, a, 'live/x');
      await HlsViewer.join(httpUrl(b, 'live/x.m3u8'));
      const urls = [
        b.supervisor.url('live/x'),
        httpUrl(b, 'live/x.flv'),
        httpUrl(b, 'live/x.m3u8'),
      ];
      await network.cast.assertPlays(FRAMES, ...urls);
      if (origin.name === 'mini-srs') return;
      const srt = ({ host, srt: port }: ClusterBox, mode: string) =>
        `srt://${host}:${port}?streamid=#!::r=live/srt,m=${mode}`;
      const source = ['-re', '-stream_loop', '-1', '-i', CLIP, '-c', 'copy', '-f', 'mpegts'];
      const publisher = new Ffmpeg('ffmpeg', [...source, srt(a, 'publish')]);
      t.after(() => publisher.kill());
      await a.supervisor.ownerOf('live/srt');
      await network.cast.assertPlays(FRAMES, srt(b, 'request'));
    });
  }
}

function assertDeaths(): void {
  const network = new Network();
  afterEach(() => network.close());

  async function assertTakenOver(
    t: TestContext,
    { a, b }: Cluster,
    die: () => void,
  ): Promise<void> {
    await publishOn(network.cast, a, 'live/x');
    const player = await network.cast.play(b.supervisor.url('live/x'));
    await moreFor(player);
    die();
    const noteThat = clock(t);
    const closed = player.ended.then(() => noteThat('its players on the other box are closed'));
    await publishOn(network.cast, b, 'live/x');
    noteThat('its stream is published on the other box');
    await closed;
    await network.cast.assertPlays(FRAMES, httpUrl(b, 'live/x.flv'));
  }

  it('a box that is killed leaves no process, and its streams to the other', async (t) => {
    const cluster = await network.open();
    const { process, workDir } = cluster.a.supervisor;
    await assertTakenOver(t, cluster, () => process.kill('SIGKILL'));
    await until('no child is left', async () => (await processesWith(workDir)).length === 0);
  });

  it('a box whose machine loses its power leaves its streams to the other', async (t) => {
    const cluster = await network.open();
    await assertTakenOver(t, cluster, () => network.a.unplug());
    cluster.a.supervisor.process.kill('SIGKILL');
  });
}

function assertPartition(): void {
  const network = new Network();
  afterEach(() => network.close());

  it('a box that cannot reach Redis goes on alone, and settles with the other after', async (t) => {
    const cluster = await network.open();
    const { a, b } = cluster;
    const { cast } = network;
    const loser = await publishOn(network.cast, a, 'live/both');
    const winner = await publishOn(network.cast, a, 'live/kept');
    await publishOn(network.cast, b, 'live/far');
    const staying = [
      await cast.play(a.supervisor.url('live/kept')),
      await cast.play(a.supervisor.url('live/far')),
    ];
    const losing = await cast.play(a.supervisor.url('live/both'));
    const sentAway = await cast.play(b.supervisor.url('live/both'));
    await Promise.all([...staying, losing, sentAway].map(moreFor));

    network.a.cutOff(REDIS_HOST);
    let noteThat = clock(t);
    await publishOn(network.cast, a, 'live/new');
    noteThat('the box that is cut off takes a new publisher');
    await sentAway.ended;
    await publishOn(network.cast, b, 'live/both');
    noteThat('the other box takes a stream over');
    const waiting = await until('a player is let in', () =>
      cast.play(b.supervisor.url('live/kept')).catch(() => null),
    );
    await network.cast.assertPlays(FRAMES, httpUrl(a, 'live/new.flv'));
    await network.cast.assertPlays(FRAMES, httpUrl(b, 'live/both.flv'));
    await Promise.all([...staying, losing].map(moreFor));

    network.a.heal();
    noteThat = clock(t);
    await cluster.settled(2);
    noteThat('the boxes know each other again');
    await Promise.all([losing.ended, loser.ended]);
    noteThat('the losers of a settled stream are closed');
    assert.ok(winner.isRunning);
    assert.ok([...staying, waiting].every(({ hasEnded }) => !hasEnded));
    // The player that waited for a stream of the other side plays it now.
    await Promise.all([...staying, waiting].map(moreFor));
    for (const box of cluster.boxes) {
      for (const stream of ['both', 'kept', 'new', 'far']) {
        await network.cast.assertPlays(FRAMES, httpUrl(box, `live/${stream}.flv`));
      }
    }
  });
}

if (isInside) {
  openHub();
  describe('boxes on machines of their own', BOUNDED, assertMedia);
  describe('machines that end', BOUNDED, assertDeaths);
  describe('a network in two parts', BOUNDED, assertPartition);
}

describe('a cluster in network namespaces', { ...BOUNDED, skip: NO_NAMESPACES || isInside }, () => {
  it('plays across, and outlives machines and their network', async (t) => {
    const { code, output } = await runInside(import.meta.filename);
    for (const [, line] of output.matchAll(/^\s*ℹ (.+ s)$/gm)) t.diagnostic(line ?? '');
    assert.equal(code, 0, output);
  });
});
