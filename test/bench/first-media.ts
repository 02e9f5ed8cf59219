import { MessageType } from '../../src/protocol/rtmp/message.js';
import { publish } from '../helpers/media.js';
import { origins } from '../helpers/origins.js';
import { PlayingClient } from '../helpers/playing-client.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { percentile, type Row, report, round } from './report.js';

const CONNECTIONS = 500;

/** Milliseconds from the first SYN to the first audio or video message. */
async function firstMedia(port: number): Promise<number> {
  const began = performance.now();
  let seen: () => void = () => {};
  const media = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const client = await PlayingClient.connect({
    host: '127.0.0.1',
    port,
    tcUrl: `rtmp://127.0.0.1:${port}/live`,
    onMessage: ({ typeId }) => {
      if (typeId === MessageType.video || typeId === MessageType.audio) seen();
    },
  });
  await client.play('first');
  await media;
  const took = performance.now() - began;
  client.close();
  await client.closed;
  return took;
}

/** Through the supervisor and straight to the child, in turn, so that noise meets both alike. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) {
    const supervisor = await RunningSupervisor.start({ origin: origin.path, children: 2 });
    const publisher = publish(supervisor.url('live/first'));
    try {
      const { child } = await supervisor.ownerOf('live/first');
      const owner = (await supervisor.children()).find(({ id }) => id === child)!;
      const [through, direct]: [number[], number[]] = [[], []];
      await firstMedia(supervisor.rtmpPort);
      for (let i = 0; i < CONNECTIONS; i += 1) {
        through.push(await firstMedia(supervisor.rtmpPort));
        direct.push(await firstMedia(owner.ports.rtmp));
      }
      rows.push(row(`${origin.name}, supervisor`, through), row(`${origin.name}, direct`, direct));
    } finally {
      await publisher.kill();
      await supervisor.dispose();
    }
  }
  await report('first-media', `first media of a player, ms, ${CONNECTIONS} connections`, rows);
}

function row(name: string, times: number[]): Row {
  const sorted = times.sort((a, b) => a - b);
  return {
    name,
    values: { p50: round(percentile(sorted, 50)), p99: round(percentile(sorted, 99)) },
  };
}
