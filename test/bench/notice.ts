import { setTimeout as delay } from 'node:timers/promises';
import { publish } from '../helpers/media.js';
import { type Origin, origins } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';
import { median, type Row, report, round } from './report.js';

const CHILDREN = Number(process.env.BENCH_CHILDREN ?? 16);
const TURNS = Number(process.env.BENCH_RUNS ?? 10);

/** How soon a killed child is known, and how soon after `on_publish` the API lists a stream. */
export async function run(): Promise<void> {
  const rows: Row[] = [];
  for (const origin of origins()) rows.push({ name: origin.name, values: await measure(origin) });
  await report('notice', `ms, ${CHILDREN} children, medians and worst of ${TURNS} turns`, rows);
}

async function measure(origin: Origin): Promise<Row['values']> {
  const api = await freePort();
  const options = { origin: origin.path, children: CHILDREN, ports: { api } };
  const box = await RunningSupervisor.start(options);
  const events = await Events.of(box);
  try {
    const [kills, listed]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < TURNS; turn += 1) {
      kills.push(await timeOfKill(box, events));
      listed.push(await timeOfListing(box, events, { api, name: `notice${turn}` }));
    }
    return { ...figures('killed', kills), ...figures('listed', listed) };
  } finally {
    events.close();
    await box.dispose();
  }
}

function figures(name: string, times: readonly number[]): Row['values'] {
  return { [`${name}, p50`]: round(median(times)), [`${name}, worst`]: round(Math.max(...times)) };
}

/** From SIGKILL to the event of the child's end. */
async function timeOfKill(box: RunningSupervisor, events: Events): Promise<number> {
  const ready = (await box.children()).filter(({ state }) => state === 'ready');
  const child = ready.at(-1);
  if (child?.pid == null) throw new Error('no child is ready');
  const began = performance.now();
  process.kill(child.pid, 'SIGKILL');
  const at = await events.next(({ type, child: id }) => type === 'child-down' && id === child.id);
  await until('all are ready', async () =>
    (await box.children()).every(({ state }) => state === 'ready'),
  );
  return at - began;
}

/** From the event that `on_publish` makes to the first answer that lists the stream. */
async function timeOfListing(
  box: RunningSupervisor,
  events: Events,
  { api, name }: { readonly api: number; readonly name: string },
): Promise<number> {
  const stream = `live/${name}`;
  const publisher = publish(box.url(stream));
  try {
    const isIt = (event: Told) => event.type === 'publish' && `${event.stream}`.endsWith(stream);
    const began = await events.next(isIt);
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${api}/api/v1/streams/`);
      const { streams } = (await answer.json()) as { streams: { name: string }[] };
      if (streams.some((one) => one.name === name)) return performance.now() - began;
      await delay(1);
    }
  } finally {
    await publisher.kill();
  }
}

interface Told {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The box's events, with the times at which they came. */
class Events {
  readonly #stop = new AbortController();
  readonly #told: { readonly at: number; readonly event: Told }[] = [];

  static async of(box: RunningSupervisor): Promise<Events> {
    const events = new Events();
    const url = `http://127.0.0.1:${box.adminPort}/admin/v1/events`;
    const headers = { accept: 'text/event-stream' };
    const answer = await fetch(url, { headers, signal: events.#stop.signal });
    void events.#read(answer.body as ReadableStream<Uint8Array>).catch(() => {});
    return events;
  }

  /** Returns when the first such event came, and forgets those up to it. */
  async next(isIt: (event: Told) => boolean): Promise<number> {
    const find = () => this.#told.findIndex(({ event }) => isIt(event));
    await until('an event', async () => find() >= 0);
    const place = find();
    const [found] = this.#told.splice(0, place + 1).slice(-1);
    return found?.at ?? 0;
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    for await (const bytes of body) {
      text += Buffer.from(bytes).toString();
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      const at = performance.now();
      for (const line of lines) {
        const { event } = line.startsWith('data:') ? JSON.parse(line.slice(5)) : {};
        if (event !== undefined) this.#told.push({ at, event });
      }
    }
  }
}
