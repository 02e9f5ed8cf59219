import { isServing } from '../child/types.js';
import type { Connection } from '../listener/connection.js';
import type { Route } from '../listener/route.js';
import { SrtListener } from '../listener/srt/listener.js';
import { type KeptRtcService, RtcSessions } from '../listener/webrtc/sessions.js';
import type { OwnerRef } from '../owner.js';
import type { RelayedConnection } from '../relay/relay.js';
import type { Inheritance } from '../upgrade/inheritance.js';
import { PARTS } from './kept-parts.js';
import type { Listeners, NamedListener } from './listeners.js';
import type { Owners } from './owners.js';
import type { Current } from './renewals.js';
import type { GivenUdp, UdpPorts } from './udp-ports.js';

export interface CarryingUdpParts {
  readonly listeners: Listeners;
  readonly owners: Owners;
  readonly udpPorts: UdpPorts;
  readonly current: Current;
}

/** Parts for the sessions of the program before this one. */
export interface UdpService {
  /** Counts a client for its stream; resolves with a function that ends that. Never rejects. */
  readonly readmit: (connection: Connection) => Promise<() => void>;
  readonly pairOf: (number: number) => RelayedConnection | null;
}

type Numbers = ReadonlyMap<object, number>;

const LOOPBACK = '127.0.0.1';

/** Returns whether the clients of a UDP port outlive the program. */
export function keepsUdp(listener: NamedListener['listener']): boolean {
  return (listener instanceof SrtListener || listener instanceof RtcSessions) && listener.isKept;
}

/** Returns the clients of UDP ports, which are given away already, with the numbers of pairs. */
export function giveUdp(
  { listeners, current }: Pick<CarryingUdpParts, 'listeners' | 'current'>,
  { ports, numbers }: GivenUdp,
  pairs: Numbers,
): Readonly<Record<string, unknown>> {
  const parts: Record<string, unknown> = { udp: ports };
  const sessionOf = (session: object) => numbers.get(session) ?? null;
  const pairOf = (relayed: object) => pairs.get(relayed) ?? null;
  for (const { listener } of listeners) {
    if (!keepsUdp(listener)) continue;
    if (listener instanceof SrtListener) parts.srt = listener.giveSrt(sessionOf);
    if (!(listener instanceof RtcSessions)) continue;
    const sessions = listener.giveSessions({ sessionOf, pairOf });
    parts.rtc = { media: current.config.rtc.media, sessions };
  }
  return parts;
}

/** Goes on with the clients of the UDP ports, which are open. */
export function goOnWithUdp(
  parts: CarryingUdpParts,
  inheritance: Inheritance,
  service: UdpService,
): void {
  for (const { listener } of parts.listeners) {
    if (listener instanceof SrtListener) goOnWithSrt(listener, parts, inheritance, service);
    if (listener instanceof RtcSessions) goOnWithRtc(listener, parts, inheritance, service);
  }
}

function goOnWithSrt(
  listener: SrtListener,
  { udpPorts }: CarryingUdpParts,
  inheritance: Inheritance,
  { readmit }: UdpService,
): void {
  for (const kept of inheritance.part(PARTS.srt)?.clients ?? []) {
    const session = udpPorts.takeSession('listen.srt', kept.client.pair);
    if (session !== null) listener.goOnWith(kept, session, readmit);
  }
}

function goOnWithRtc(
  listener: RtcSessions,
  { owners, udpPorts, current }: CarryingUdpParts,
  inheritance: Inheritance,
  { readmit, pairOf }: UdpService,
): void {
  const { media, sessions } = inheritance.part(PARTS.rtc) ?? { media: '', sessions: [] };
  // Sessions of another way of media have other addresses.
  if (media !== current.config.rtc.media) return;
  const service: KeptRtcService = {
    routeTo: (owner, connection) => routeTo(owners, owner, () => readmit(connection)),
    sessionOf: (number) => udpPorts.takeSession('listen.rtc', number),
    pairOf,
  };
  for (const kept of sessions) listener.goOnWith(kept, service);
}

/** Returns the route to a child of this box that serves; null: it does not. */
function routeTo(
  owners: Owners,
  owner: OwnerRef,
  readmit: () => Promise<() => void>,
): Route | null {
  const child = owners.status(owner.id);
  if (child === null || child.generation !== owner.generation) return null;
  if (!isServing(child.state)) return null;
  const { host = LOOPBACK, ports } = child;
  const releasing = readmit();
  return { owner, host, ports, release: () => void releasing.then((release) => release()) };
}
