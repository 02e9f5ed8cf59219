import { hostname } from 'node:os';
import type { Address, Config } from '../config/config.js';
import type { ConnectionBudget } from '../listener/budget.js';
import type { Gate } from '../listener/gate.js';
import type { HttpPlugin } from '../listener/http/app.js';
import type { SetupTurns } from '../listener/setup-turns.js';
import { keepSources } from '../listener/source-keeper.js';
import { resolveCandidates } from '../listener/webrtc/candidates.js';
import { DirectListener } from '../listener/webrtc/direct.js';
import { RtcListener } from '../listener/webrtc/listener.js';
import { OfferTurns } from '../listener/webrtc/offer-turns.js';
import type { RtcSessionsOptions } from '../listener/webrtc/sessions.js';
import { sessionMark, sessionsElsewhere } from '../listener/webrtc/sessions-elsewhere.js';
import { rtcSignalling } from '../listener/webrtc/signalling.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import type { Boxes } from '../registry/redis/boxes.js';
import type { NamedListener } from './listeners.js';
import { steerer } from './offload.js';
import type { Current, Renewals } from './renewals.js';
import type { Routing } from './routing.js';
import type { Served } from './served.js';
import { type UdpParts, udpThreads } from './udp-threads.js';

export interface WebRtcParts extends UdpParts {
  readonly gate: Gate;
  readonly turns: SetupTurns;
  readonly config: Pick<Config, 'listen' | 'rtc' | 'cluster' | 'registry'>;
  readonly current: Current;
  readonly renewals: Renewals;
  readonly served: Pick<Served, 'vhosts'>;
  /** Most client connections at the same time. */
  readonly connections: number;
  readonly routing: Pick<Routing, 'route' | 'whenPublished' | 'authorizationOf'>;
  /** The other boxes; null: there are none. */
  readonly boxes: Boxes | null;
  readonly budget: ConnectionBudget;
  /** See `SignallingOptions`. */
  readonly noteBearer: (key: string, token: string) => void;
  readonly logger: Logger;
}

export interface WebRtc {
  readonly listener: NamedListener;
  /** SRS's WebRTC API, for the ports that serve it. */
  readonly plugin: HttpPlugin;
}

/** Milliseconds to wait for an answer, in addition to the time that the child's hooks may take. */
const ANSWER_MARGIN_MS = 10_000;

/** Builds the media port of WebRTC and its signalling plugin; null if WebRTC is off. */
export async function webRtc(parts: WebRtcParts): Promise<WebRtc | null> {
  const { config, current, renewals, routing, boxes } = parts;
  const { rtc: address } = config.listen;
  if (address === null) return null;
  const logger = parts.logger.child({ room: 'webrtc' });
  const elsewhere = sessionsElsewhere(boxes, config.cluster.secret);
  const common = { limits: parts.budget, elsewhere, logger };
  const listener =
    config.rtc.media === 'direct'
      ? directListener(parts, common)
      : relayListener(parts, common, address);
  let candidates = await resolveCandidates(config.rtc.candidates, logger);
  renewals.on(['rtc.candidates'], async ({ rtc }) => {
    candidates = await resolveCandidates(rtc.candidates, logger);
  });
  const plugin = rtcSignalling({
    route: keepSources((stream, role) => routing.route(stream, role)),
    gate: parts.gate,
    turns: parts.turns,
    offers: new OfferTurns(),
    isPublished: (stream) => routing.whenPublished(stream, AbortSignal.abort()),
    noteBearer: parts.noteBearer,
    sessions: listener,
    way: {
      media: config.rtc.media,
      candidates: () => candidates,
      port: () => listener.address()?.port ?? null,
    },
    get vhosts() {
      return parts.served.vhosts;
    },
    secret: config.registry === 'memory' ? null : config.cluster.secret,
    box: sessionMark(boxes?.id ?? hostname()),
    get answerMs() {
      return 1000 * current.config.hooks.timeoutSeconds + ANSWER_MARGIN_MS;
    },
    logger,
  });
  return { listener: { name: 'rtc', transport: 'udp', listener }, plugin };
}

function directListener({ routing }: WebRtcParts, common: RtcSessionsOptions): DirectListener {
  const authorization = (owner: OwnerRef) => routing.authorizationOf(owner);
  return new DirectListener({ ...common, authorization });
}

function relayListener(
  parts: WebRtcParts,
  common: RtcSessionsOptions,
  address: Address,
): RtcListener {
  const { engine, udpPorts, config, connections } = parts;
  const { logger } = common;
  const threads = udpThreads(parts, logger);
  return new RtcListener({
    ...common,
    address,
    maxSessions: connections,
    ...(config.rtc.media === 'offload' && { steer: steerer(connections, address, logger) }),
    openUdp: (options) => udpPorts.open('listen.rtc', options, { engine, threads }),
    join: (pair) => engine.join(pair),
  });
}
