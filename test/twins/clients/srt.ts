import { CONCLUSION } from '../../../src/protocol/srt/handshake.js';
import { SrtCaller } from '../../helpers/srt-caller.js';
import { until } from '../../helpers/until.js';

let nextId = 0x1000;

/**
 * Calls with a stream id: how the handshake is answered, and then whether the server hangs up or
 * counts the caller among its clients, as `typeOf` says it does.
 */
export async function callSrt(
  port: number,
  streamId: string,
  typeOf: () => Promise<string | null>,
): Promise<string[]> {
  const caller = await new SrtCaller().open();
  caller.target = port;
  const id = nextId++;
  try {
    const induced = await caller.induce(id);
    const answer = await caller.call(id, streamId);
    const isIn = answer.type === CONCLUSION;
    const end = await until(
      `an end of the call for ${streamId}`,
      async () => {
        if (!isIn) return 'refused';
        return caller.isShut(id) ? 'shut' : typeOf();
      },
      20_000,
    );
    if (isIn && end !== 'shut') caller.hangUp(answer.id);
    return [
      `induction version=${induced.version} ext=${induced.extension.toString(16)} enc=${induced.encryption}`,
      `conclusion type=${answer.type} version=${answer.version} ext=${answer.extension.toString(16)} enc=${answer.encryption}`,
      end,
    ];
  } finally {
    await caller.close();
  }
}
