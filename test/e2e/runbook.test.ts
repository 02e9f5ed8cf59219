/** The orders of docs/operate.md are run as they are printed, and print what stands below them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { JobStatus } from '../../src/jobs/job.js';
import { Cast } from '../helpers/cast.js';
import { cli } from '../helpers/cli.js';
import { BLOCKS } from '../helpers/doc-blocks.js';
import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/** An order of the document, with the lines below it. */
interface Order {
  readonly words: string;
  readonly prints: readonly string[];
}

const PROMPT = '$ srs-supervisor ';

function ordersOf(file: string): Order[] {
  const blocks = BLOCKS.filter((block) => block.file === file);
  const texts = blocks.flatMap(({ lines }) => lines.join('\n').split(/^(?=\$ )/m));
  const shown = texts.filter((text) => text.startsWith(PROMPT));
  return shown.map((text) => {
    const [first = '', ...prints] = text.trimEnd().split('\n');
    return { words: first.slice(PROMPT.length), prints };
  });
}

/** Returns what a printed line looks like, whatever its numbers, times and addresses. */
function shapeOf(line: string): RegExp {
  const words = line.split(/\s+/).map((word) => {
    if (/^c\d{3}:?$/.test(word)) return word;
    if (/\d/.test(word)) return '\\S+';
    return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/(stream|client)s?/, '$1s?');
  });
  const shape = words.join('\\s+').replace(/done\\s\+in.*$/, 'done in .+');
  return new RegExp(`^${shape}$`);
}

/** Reports whether a line is there on each machine, or on one with few CPUs only. */
function isDue(line: string, stdout: string): boolean {
  return line !== '…' && line !== '' && (!/free CPUs/.test(line) || /free CPUs/.test(stdout));
}

/** Finds the lines of the document among those that were printed, in order except in a table. */
function assertPrints({ words, prints }: Order, stdout: string): void {
  const lines = stdout.trimEnd().split('\n');
  const isTable = words.startsWith('kick');
  for (const wanted of prints.filter((line) => isDue(line, stdout))) {
    const at = lines.findIndex((line) => shapeOf(wanted).test(line));
    assert.notEqual(at, -1, `${words} has not printed: ${wanted}\nbut:\n${stdout}`);
    if (isTable) lines.splice(at, 1);
    else lines.splice(0, at + 1);
  }
}

const ORDERS = ordersOf('docs/operate.md');

it('the document has an order of each kind', () => {
  const kinds = new Set(ORDERS.map(({ words }) => words.split(' ')[0]));
  assert.deepEqual([...kinds], ['drain', 'restart', 'scale', 'kick', 'logs']);
});

for (const origin of origins()) {
  describe(`the runbook, ${origin.name}`, BOUNDED, () => {
    let supervisor: RunningSupervisor;
    const cast = new Cast();

    before(async () => {
      supervisor = await RunningSupervisor.start({ origin: origin.path, children: 4 });
    });
    after(async () => {
      await cast.close();
      await supervisor?.dispose();
    });

    /** Publishes a stream to that child, and plays it. */
    async function streamIn(id: string, name: string): Promise<void> {
      await supervisor.post(`children/${id}/undrain`);
      const others = (await supervisor.children()).filter((row) => row.id !== id);
      for (const other of others) await supervisor.post(`children/${other.id}/drain`);
      cast.publish(supervisor.url(name));
      assert.equal((await supervisor.ownerOf(name)).child, id);
      for (const other of others) await supervisor.post(`children/${other.id}/undrain`);
      const player = await cast.play(supervisor.url(name));
      await until('media', () => player.received.length > 0);
    }

    /** Has all clients leave once the drain waits for them. */
    async function leave(): Promise<void> {
      const waits = ({ now }: JobStatus) => now.some((text) => / drains: /.test(text));
      await until('a drain', async () => (await supervisor.get<JobStatus[]>('jobs')).some(waits));
      await cast.close();
    }

    /** Clients that are there before an order. */
    const scenes: Readonly<Record<string, () => Promise<void>>> = {
      'drain c003': () => streamIn('c003', 'live/drained'),
      'restart c003': () => streamIn('c003', 'live/restarted'),
      'restart --all --parallel 4': () => streamIn('c001', 'live/rolled'),
      'scale 4': () => streamIn('c005', 'live/removed'),
      'kick --stream live/cam': () => streamIn('c002', 'live/cam'),
    };

    for (const order of ORDERS) {
      it(order.words, async () => {
        await scenes[order.words]?.();
        const isLogs = order.words.startsWith('logs');
        const around = isLogs ? { stopAt: 'c001 | ' } : {};
        const words = [...order.words.split(' '), '--admin', `127.0.0.1:${supervisor.adminPort}`];
        const ended = cli(words, around);
        if (order.words.includes('--wait')) await leave();
        const { code, stdout, stderr } = await ended;
        assert.deepEqual([code, stderr], [0, '']);
        if (isLogs) assert.match(stdout, /^c00\d \| \[\d{4}-\d\d-\d\d [\d:.]+\]\[\w+\]\[\d+\]/m);
        else assertPrints(order, stdout);
      });
    }
  });
}
