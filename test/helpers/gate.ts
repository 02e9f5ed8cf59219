import { Gate, type GateOptions } from '../../src/listener/gate.js';
import { silentLogger } from '../../src/logging/logger.js';
import { NO_JWT, OPEN_ACCESS, OPEN_POLICY } from './access.js';

/** Everybody may publish and play, and the children decide between publishers. */
export const OPEN_RULES: ReturnType<GateOptions['rules']> = {
  access: OPEN_ACCESS,
  policy: OPEN_POLICY,
  limits: { viewersPerStream: 0, streams: 0, streamsPerIp: 0 },
  publishBitrate: 0,
  takeover: 'refuse',
  silentMs: 2000,
  backup: false,
  keys: [],
  leewaySeconds: 60,
  jwt: NO_JWT,
};

/** Returns a gate for whose children nobody publishes, but for what is given. */
export function gateOf(options: Partial<GateOptions> = {}): Gate {
  return new Gate({
    rules: () => OPEN_RULES,
    sessionsOf: () => 0,
    liveHere: () => null,
    answers: async () => true,
    dismiss: async () => {},
    logger: silentLogger,
    ...options,
  });
}

/** Everybody may publish and play. */
export const OPEN_GATE = gateOf();
