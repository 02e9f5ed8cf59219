import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { residentBytes } from './measure.js';
import { BlindPlayer } from './players.js';
import { median, type Row, report, round } from './report.js';

const BATCH = 1200;
const BATCHES = 6;

/** Resident memory of the supervisor for each player that waits for a stream nobody publishes. */
export async function run(): Promise<void> {
  const [origin] = origins();
  const env = { SRS_SUPERVISOR_CHILDREN_MAX_CONNECTIONS: '4000' };
  const supervisor = await RunningSupervisor.start({ origin: origin!.path, children: 2, env });
  const players: BlindPlayer[] = [];
  const open = async (count: number) => {
    for (let i = 0; i < count; i += 1) {
      players.push(new BlindPlayer(supervisor.rtmpPort, `idle${players.length % 50}`));
    }
    // Not by the list of connections: its JSON would be the larger part of the memory.
    await until('every player has its child', async () => {
      const rows = await supervisor.children();
      return rows.reduce((sum, { clients }) => sum + clients, 0) === players.length;
    });
    return residentBytes(supervisor.pid);
  };
  const rows: Row[] = [];
  try {
    // A median, because the first batches grow the heap and garbage comes and goes.
    const sizes: number[] = [];
    for (let i = 0; i < BATCHES; i += 1) sizes.push(await open(BATCH));
    const growth = sizes.slice(1).map((size, i) => size - sizes[i]!);
    const each = median(growth) / BATCH / 1024;
    const values = { connections: BATCH * BATCHES, 'KiB each': round(each, 1) };
    rows.push({ name: 'supervisor', values });
  } finally {
    for (const player of players) player.close();
    await supervisor.dispose();
  }
  await report('idle-connections', 'resident memory of an idle RTMP connection', rows);
}
