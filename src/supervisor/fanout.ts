import type { StreamRow } from '../admin/types.js';
import { type FanoutRules, StreamFanout } from '../listener/stream-fanout.js';
import type { FanoutRow } from '../listener/stream-feeds.js';
import type { RelayEngine } from '../relay/relay.js';
import type { StreamKey } from '../stream-key.js';
import type { Current } from './renewals.js';

/** Makes the fan-out of streams; null where the relay has no threads for it. */
export function makeFanout(
  { fanoutThreads }: Pick<RelayEngine, 'fanoutThreads'>,
  current: Current,
): StreamFanout | null {
  if (fanoutThreads === null) return null;
  const isUnfit = (vhost: string) =>
    current.template.vhosts.some(({ name, fitsFanout }) => name === vhost && !fitsFanout);
  return new StreamFanout({
    threads: fanoutThreads,
    rules: () => rulesOf(current),
    fits: (vhost) => !isUnfit(vhost),
  });
}

function rulesOf({ config }: Current): FanoutRules {
  const { mode, from, seconds, streamMemory, memory } = config.fanout;
  const ring = { bytes: streamMemory, ms: 1000 * seconds };
  return { isOn: mode === 'auto', from, ring, memory };
}

/** Adds to the rows of streams how many of their viewers share a connection. */
export function withFanout(
  streams: readonly StreamRow[],
  shared: ReadonlyMap<StreamKey, FanoutRow>,
): StreamRow[] {
  return streams.map((stream) => {
    const fanout = shared.get(stream.stream);
    return fanout === undefined ? stream : { ...stream, fanout };
  });
}
