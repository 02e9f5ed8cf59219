import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { signal } from '../../src/child/process.js';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { isInside, NO_NAMESPACES, originsInside, runInside } from '../helpers/namespaces.js';
import { origins } from '../helpers/origins.js';
import { moreFor } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';

const LONG = { timeout: 900_000 };
/** Of a first ejection: shorter than by default, and longer than it takes to look at it. */
const EJECT_SECONDS = 12;
const IDS = ['c001', 'c002', 'c003', 'c004'];
/** Milliseconds for which a slow child is stopped, and goes on, in turn. */
const [STOPPED_MS, RUNNING_MS] = [1150, 100];

/** Rules of this network namespace about one child's RTMP port. */
function rule(text: string): void {
  const chain = 'add chain inet t out { type filter hook output priority 0; }';
  execFileSync('nft', [`add table inet t; ${chain}; add rule inet t out ${text}`]);
}

function noRules(): void {
  execFileSync('nft', ['flush ruleset']);
}

/** Lets a process run for a part of each second only; returns what ends that. */
function slowDown(pid: number): () => Promise<void> {
  let isOver = false;
  const turns = async () => {
    while (!isOver) {
      signal(pid, 'SIGSTOP');
      await delay(STOPPED_MS);
      signal(pid, 'SIGCONT');
      await delay(RUNNING_MS);
    }
  };
  const over = turns();
  return () => {
    isOver = true;
    return over;
  };
}

for (const origin of originsInside()) {
  describe(`children that serve worse than others, ${origin.name}`, LONG, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      const env = { SRS_SUPERVISOR_CHILDREN_EJECT_SECONDS: `${EJECT_SECONDS}` };
      supervisor = await RunningSupervisor.start({
        origin: origin.path,
        children: IDS.length,
        env,
      });
    });
    afterEach(async () => {
      noRules();
      await cast.close();
    });
    after(() => supervisor?.dispose());

    const order = (line: string) =>
      cli([...line.split(' '), '--admin', `127.0.0.1:${supervisor.adminPort}`]);
    const when = (what: string, id: string, fits: (row: Row) => boolean) =>
      until(
        () => `${what}\n${supervisor.output}`,
        async () => {
          const row = await supervisor.child(id);
          return fits(row) && row;
        },
        200_000,
      );
    type Row = Awaited<ReturnType<RunningSupervisor['child']>>;

    /** Has new streams go to that child alone while something is done. */
    async function onlyIn(id: string, act: () => Promise<void>): Promise<void> {
      // An ejected one gets none anyway, and an undrain would end that.
      const others = (await supervisor.children()).filter((row) => row.id !== id && !row.ejected);
      for (const other of others) await supervisor.post(`children/${other.id}/drain`);
      await act();
      for (const other of others) await supervisor.post(`children/${other.id}/undrain`);
    }

    it('one that takes no connections is out, then replaced; a second one stays', async () => {
      const [first, second] = [await supervisor.child('c001'), await supervisor.child('c002')];
      for (const { ports } of [first, second]) {
        rule(`tcp dport ${ports.rtmp} reject with tcp reset`);
      }
      const refused = (id: string) =>
        onlyIn(id, async () => {
          assert.notEqual(await cast.publish(supervisor.url(`live/of-${id}`)).ended, 0);
        });
      await refused('c001');
      const { why, since, state } = await when('c001 is ejected', 'c001', (row) => row.ejected);
      assert.deepEqual([why, state], ['its RTMP port takes no connections', 'ready']);
      assert.ok(since <= Date.now());
      const { stdout } = await order('children');
      assert.match(stdout, /^c001 +ejected /m);
      assert.match(stdout, /^c001 ejected for \d+s: its RTMP port takes no connections$/m);
      assert.match(supervisor.output, /"child":"c001"[^\n]*"seconds":12,"msg":"child is ejected: /);

      await refused('c002');
      await until('it is told', () => /"c002"[^\n]*but too many are out/.test(supervisor.output));
      assert.equal((await supervisor.child('c002')).ejected, false);

      const lost = (row: Row) => /has taken no connections for/.test(row.lastError ?? '');
      await when('c001 is replaced', 'c001', lost);
      noRules();
      const back = await when('c001 is back', 'c001', (row) => row.state === 'ready');
      assert.ok(back.generation > first.generation && back.restarts > 0);
      assert.deepEqual([back.ejected, lost(back)], [false, true]);
      assert.equal((await supervisor.child('c002')).generation, second.generation);
    });

    it('one whose answers are slow and whose media stall is out, until it is well', async () => {
      const before = await supervisor.child('c003');
      await onlyIn('c003', async () => {
        cast.publish(supervisor.url('live/stalls'));
        assert.equal((await supervisor.ownerOf('live/stalls')).child, 'c003');
      });
      const player = await cast.play(supervisor.url('live/stalls'));
      assert.ok(await moreFor(player));
      rule(`tcp sport ${before.ports.rtmp} meta length gt 70 drop`);
      const well = slowDown(before.pid ?? 0);
      const { why } = await when('c003 is ejected', 'c003', (row) => row.ejected);
      await well();
      noRules();
      // Slowness alone is a reason after half a minute, and a stopped child may get no media.
      const slow = 'its answers take \\d+ ms, those of others much less';
      const stalls = 'it has sent nothing for \\d+ s of media that it gets';
      assert.match(why ?? '', new RegExp(`^${slow}(; ${stalls})?$`));
      // SRS has closed the first player, if it could send it nothing for long.
      assert.ok(await moreFor(await cast.play(supervisor.url('live/stalls'))));
      await when('c003 is back', 'c003', (row) => !row.ejected);
      assert.match(supervisor.output, /"child":"c003","msg":"child is no longer ejected/);
      const { pid, generation } = await supervisor.child('c003');
      assert.deepEqual([pid, generation], [before.pid, before.generation]);
    });
  });
}

/** Both origins at once: each run mostly waits, and has a network of its own. */
const AT_ONCE = { ...LONG, skip: NO_NAMESPACES || isInside, concurrency: true };

describe('outliers', AT_ONCE, () => {
  for (const origin of origins()) {
    it(`in a network namespace, ${origin.name}`, async () => {
      const { code, output } = await runInside(import.meta.filename, origin);
      assert.equal(code, 0, output);
    });
  }
});
