import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { signal } from '../../src/child/process.js';
import { Cast } from '../helpers/cast.js';
import { type Ffmpeg, framesOf } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';
import { UserHooks } from '../hooks/hook-server.js';
import { RtmpClient } from '../origin/rtmp-client.js';

/** More frames than a player decodes in any test. */
const ENDLESS = 1_000_000;

/** Resolves when a player, which ends at the first error, has decoded another second of video. */
async function decodes(player: Ffmpeg): Promise<void> {
  const before = framesOf(player);
  await until('more frames', () => framesOf(player) >= before + 25 || !player.isRunning);
  assert.ok(player.isRunning, player.errors);
}

for (const origin of origins()) {
  describe(`a backup publisher, ${origin.name}`, BOUNDED, () => assertBackups(origin));
}

function assertBackups(origin: Origin): void {
  const cast = new Cast();
  let hooks: UserHooks;
  let box: RunningSupervisor;
  before(async () => {
    hooks = await UserHooks.start();
    const env = {
      SRS_SUPERVISOR_PUBLISH_BACKUP: 'on',
      SRS_SUPERVISOR_HOOKS_ON_PUBLISH: `${hooks.url}/`,
      SRS_SUPERVISOR_HOOKS_ON_UNPUBLISH: `${hooks.url}/`,
    };
    box = await RunningSupervisor.start({ origin: origin.path, children: 2, env });
  });
  afterEach(() => cast.close());
  after(async () => {
    await box?.dispose();
    await hooks?.close();
  });

  /** Waits for the one client of that role; returns its address. */
  async function has(role: string, stream: string): Promise<string> {
    const rows = await until(`${role} of ${stream}`, async () => {
      const all = await box.connections();
      const those = all.filter((row) => row.role === role && row.stream?.endsWith(stream));
      return those.length === 1 && those;
    });
    return rows[0]?.client ?? '';
  }

  /** Publishes beside the present publisher, as its backup. */
  async function standBy(stream: string): Promise<Ffmpeg> {
    const backup = cast.publish(box.url(`live/${stream}`));
    await has('backup', stream);
    return backup;
  }

  /** Waits until another client than that one publishes, and has been accepted. */
  async function follows(before: string, stream: string, times: number): Promise<string> {
    await until('another publishes', async () => (await has('publish', stream)) !== before);
    await until('its hook', () => hooks.of('on_publish', stream).length === times);
    return has('publish', stream);
  }

  it('follows one that is killed, then one that hangs; a player decodes on', async () => {
    const first = cast.publish(box.url('live/cam'));
    await box.ownerOf('live/cam');
    const address = await has('publish', 'cam');
    const second = await standBy('cam');
    const player = cast.playFrames(box.url('live/cam'), ENDLESS);
    await decodes(player);
    await first.kill();
    const next = await follows(address, 'cam', 2);
    await decodes(player);

    await standBy('cam');
    second.process.kill('SIGSTOP');
    await follows(next, 'cam', 3);
    await decodes(player);
    const actions = hooks.calls.flatMap(({ body }) => (body.stream === 'cam' ? body.action : []));
    const turn = ['on_unpublish', 'on_publish'];
    assert.deepEqual(actions, ['on_publish', ...turn, ...turn]);
    assert.match(box.output, /backup becomes the publisher/);
  });

  it('goes to another child when the child of the first one dies', async () => {
    cast.publish(box.url('live/two'));
    const { child } = await box.ownerOf('live/two');
    const address = await has('publish', 'two');
    await standBy('two');
    const { pid } = await box.child(child);
    assert.ok(pid);
    signal(pid, 'SIGKILL');
    await follows(address, 'two', 2);
    assert.notEqual((await box.ownerOf('live/two')).child, child);
    await cast.assertPlays(25, box.url('live/two'));
  });

  it('is closed where the hooks refuse it when its turn comes', async () => {
    const first = cast.publish(box.url('live/no'));
    await box.ownerOf('live/no');
    const second = await standBy('no');
    hooks.replies.set('on_publish', (response) => response.writeHead(403).end());
    await first.kill();
    await second.ended;
    hooks.replies.delete('on_publish');
    const back = await RtmpClient.open(box.rtmpPort);
    back.publish(`rtmp://127.0.0.1:${box.rtmpPort}/live`, 'no');
    await back.hears('NetStream.Publish.Start');
    back.close();
  });
}
