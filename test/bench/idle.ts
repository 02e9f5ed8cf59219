import { origins } from '../helpers/origins.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { residentBytes } from './measure.js';
import { BlindPlayer } from './players.js';
import { type Row, report, round } from './report.js';

const BATCH = 1500;

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
    await until('every player is relayed', async () => {
      const rows = await supervisor.connections();
      return rows.filter(({ child }) => child !== null).length === players.length;
    });
    return residentBytes(supervisor.pid);
  };
  const rows: Row[] = [];
  try {
    // The first batch grows the heap to its working size; the second one shows the true price.
    const warm = await open(BATCH);
    const full = await open(BATCH);
    const values = { connections: BATCH, 'KiB each': round((full - warm) / BATCH / 1024, 1) };
    rows.push({ name: 'supervisor', values });
  } finally {
    for (const player of players) player.close();
    await supervisor.dispose();
  }
  await report('idle', 'resident memory of an idle RTMP connection', rows);
}
