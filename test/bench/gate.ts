/** Cost of the gate for each RTMP set-up, of the CPU that a set-up costs the supervisor. */
import { signToken } from '../../src/access/signed.js';
import { type Origin, origins } from '../helpers/origins.js';
import { key } from '../helpers/stream-key.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { costOfGates } from './access.js';
import { median, type Row, report, round } from './report.js';
import { anyName, DIRECT, oneRun, RUNS } from './setups.js';

const KEY = { id: 'k1', secret: 'a-secret-of-more-than-32-characters' };
const LISTS = { allow: ['127.0.0.0/8', '192.0.2.0/24'], deny: ['10.0.0.0/8'] };
const EXPIRES = Math.floor(Date.now() / 1000) + 3600;
const signed = new Map<string, string>();

interface Case {
  readonly name: string;
  /** Null: there is none. */
  readonly play: object | null;
  readonly nameOf: () => string;
}

const CASES: readonly Case[] = [
  { name: 'without rules', play: null, nameOf: anyName },
  { name: 'lists of addresses', play: LISTS, nameOf: anyName },
  { name: 'lists and a signed URL', play: { ...LISTS, token: 'signed' }, nameOf: signedName },
];

function signedName(): string {
  const name = anyName();
  const stream = key(`__defaultVhost__/live/${name}`);
  const token =
    signed.get(name) ?? signToken({ stream, role: 'play', expires: EXPIRES, address: null }, KEY);
  signed.set(name, token);
  return `${name}?token=${token}`;
}

export async function run(): Promise<void> {
  const gates = await costOfGates();
  const rows: Row[] = [];
  for (const origin of origins()) rows.push(...(await compare(origin, gates)));
  const title = [
    `CPU of the supervisor for an RTMP set-up, us: medians of ${RUNS} interleaved runs; without`,
    'rules / with: the median of the ratios of the runs side by side; gate: the gate alone, in a',
    'process of its own; %: that, of a set-up',
  ].join('\n');
  await report('gate', title, rows);
}

async function compare({ name, path }: Origin, gates: readonly number[]): Promise<Row[]> {
  const supervisors: RunningSupervisor[] = [];
  try {
    for (const { play } of CASES) {
      const rules = play === null ? [] : [{ app: 'live', play }];
      const env = {
        ...DIRECT,
        SRS_SUPERVISOR_ACCESS_RULES: JSON.stringify(rules),
        SRS_SUPERVISOR_ACCESS_KEYS: `${KEY.id}:${KEY.secret}`,
      };
      const args = ['--relay', 'native'];
      const options = { origin: path, children: 2, args, env };
      supervisors.push(await RunningSupervisor.start(options));
    }
    const costs = CASES.map(() => [] as number[]);
    // The first round warms up.
    for (let turn = 0; turn <= RUNS; turn += 1) {
      // Forth and back: what a run leaves behind is not always the same one's.
      const order = [...supervisors.entries()];
      for (const [at, supervisor] of turn % 2 === 0 ? order : order.reverse()) {
        const { perCpuSecond } = await oneRun(supervisor, CASES[at]?.nameOf);
        if (turn > 0) costs[at]?.push(1e6 / perCpuSecond);
      }
    }
    const [plain = []] = costs;
    return CASES.map((one, at) => rowOf(`${name}, ${one.name}`, costs[at] ?? [], plain, gates[at]));
  } finally {
    for (const supervisor of supervisors) await supervisor.dispose();
  }
}

function rowOf(name: string, us: readonly number[], plain: readonly number[], gate = 0): Row {
  const ratios = us.map((cost, turn) => cost / (plain[turn] ?? Number.NaN));
  return {
    name,
    values: {
      'us a set-up': round(median(us), 0),
      'with / without': round(median(ratios), 3),
      'gate us': round(gate, 1),
      '%': round((100 * gate) / median(us), 2),
    },
  };
}
