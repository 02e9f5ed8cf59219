import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { inspect, type Surroundings } from '../check/inspect.js';
import { formatAddress, nearAddress } from '../config/address.js';
import type { Config } from '../config/config.js';
import { createLogger } from '../logger.js';
import { Supervisor } from '../supervisor/supervisor.js';
import { renderBanner } from './banner.js';
import { notifySystemd } from './notify.js';
import { type Output, ProgressLine } from './output.js';

export interface RunContext extends Surroundings {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Publish our clip as `live/demo`. */
  readonly demo: boolean;
  /** Aborts when the process is asked to end. */
  readonly stopping: AbortSignal;
}

/**
 * Starts everything, says so, and serves until asked to stop; resolves when all is gone. Rejects
 * with SupervisorError for what keeps it from starting.
 */
export async function run(config: Config, context: RunContext): Promise<void> {
  const { env, stdout, stderr, demo, stopping } = context;
  const people = stderr.isTTY === true;
  const progress = new ProgressLine(stderr);
  const logger = createLogger(config.log.level, { people, write: (text) => progress.above(text) });
  const { findings, prepared } = await inspect(config, context);
  if (prepared === null) throw findings.error ?? new Error('not prepared, though nothing failed');
  for (const warning of findings.warnings) logger.warn(warning);

  const onProgress = (done: number, total: number) =>
    progress.show(`starting children: ${done} of ${total}`);
  const supervisor = await Supervisor.open({ prepared, logger, onProgress, demo });
  stopping.addEventListener('abort', () => void supervisor.close(), { once: true });
  // The signal may have come while config and machine were looked at.
  if (stopping.aborted) await supervisor.close();
  await supervisor
    .start()
    .catch((error: unknown) => {
      if (!stopping.aborted) throw error;
    })
    .finally(() => progress.show(''));

  const bound = supervisor.address('rtmp');
  const web = supervisor.address('http');
  if (bound !== null) {
    const rtmp = reachable(bound);
    const facts = {
      status: supervisor.view.status(),
      children: supervisor.view.children(),
      rtmp,
      http: web && reachable(web),
      demo,
    };
    const { children, relay } = facts.status;
    logger.info({ rtmp, children: children.ready, relay: relay.engine }, 'serving');
    stdout.write(`${renderBanner(facts)}\n`);
    await notifySystemd(env, logger, 'READY=1', 'STATUS=serving');
  }
  if (!stopping.aborted) await once(stopping, 'abort');
  await Promise.all([supervisor.close(), notifySystemd(env, logger, 'STOPPING=1')]);
}

/** The address as a client on this machine writes it. */
function reachable({ address: host, port }: AddressInfo): string {
  return formatAddress(nearAddress({ host, port }));
}
