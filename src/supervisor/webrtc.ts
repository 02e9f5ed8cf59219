import { hostname } from 'node:os';
import type { Address } from '../config/config.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { keepSources } from '../listener/source-keeper.js';
import { resolveCandidates } from '../listener/webrtc/candidates.js';
import { DirectListener } from '../listener/webrtc/direct.js';
import { RtcListener } from '../listener/webrtc/listener.js';
import { RtcSessions } from '../listener/webrtc/sessions.js';
import { sessionMark, sessionsElsewhere } from '../listener/webrtc/sessions-elsewhere.js';
import { rtcSignalling } from '../listener/webrtc/signalling.js';
import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import { openUdpRelay } from '../relay/engine.js';
import type { ListenerParts } from './listener-parts.js';
import type { NamedListener } from './listeners.js';
import { steerer } from './offload.js';
import { udpThreads } from './udp-threads.js';

export interface WebRtc {
  readonly listener: NamedListener;
  /** SRS's WebRTC API, for the ports that serve it. */
  readonly plugin: HttpPlugin;
}

/** An answer that has to wait for a child's hooks waits for them a little longer than they may take. */
const ANSWER_MARGIN_MS = 10_000;

/** WebRTC: its media port, and what the API's ports serve for it. Null where it is off. */
export async function webRtc(box: ListenerParts): Promise<WebRtc | null> {
  const { config } = box.prepared;
  const { rtc: address } = config.listen;
  if (address === null) return null;
  const logger = box.logger.child({ room: 'webrtc' });
  const isDirect = config.rtc.media === 'direct';
  const sessions = new RtcSessions({
    limits: box.budget,
    ...(isDirect && { silentMs: Number.POSITIVE_INFINITY }),
    elsewhere: sessionsElsewhere(box.boxes, config.cluster.secret),
  });
  const parts = { address, sessions, logger };
  const listener = isDirect ? directListener(box, parts) : relayListener(box, parts);
  const candidates = await resolveCandidates(config.rtc.candidates, logger);
  const plugin = rtcSignalling({
    route: keepSources((stream, role) => box.routing.route(stream, role)),
    isPublished: (stream) => box.routing.whenPublished(stream, AbortSignal.abort()),
    sessions,
    way: { media: config.rtc.media, candidates, port: () => listener.address()?.port ?? null },
    vhosts: box.prepared.vhosts,
    secret: config.registry === 'memory' ? null : config.cluster.secret,
    box: sessionMark(box.boxes?.id ?? hostname()),
    answerMs: config.hooks.timeoutSeconds * 1000 + ANSWER_MARGIN_MS,
    logger,
  });
  return { listener: { name: 'rtc', transport: 'udp', listener }, plugin };
}

interface ListenersParts {
  readonly address: Address;
  readonly sessions: RtcSessions;
  readonly logger: Logger;
}

function directListener(
  { routing }: ListenerParts,
  { sessions, logger }: ListenersParts,
): DirectListener {
  const authorization = (owner: OwnerRef) => routing.authorizationOf(owner);
  return new DirectListener({ sessions, authorization, logger });
}

function relayListener(
  box: ListenerParts,
  { address, sessions, logger }: ListenersParts,
): RtcListener {
  const { engine, prepared } = box;
  const threads = udpThreads(box, logger);
  return new RtcListener({
    address,
    sessions,
    limits: box.budget,
    maxSessions: prepared.connections,
    ...(prepared.config.rtc.media === 'offload' && { steer: steerer(prepared, address, logger) }),
    openUdp: (options) => openUdpRelay(engine.name, options, threads),
    join: (pair) => engine.join(pair),
    logger,
  });
}
