import { HeapKeeper } from '../system/heap-keeper.js';
import type { Composition } from './compose.js';
import { DemoRoom } from './demo.js';
import type { SupervisorOptions } from './options.js';
import { fixedOrigins } from './origins.js';
import type { NamedRoom, Room } from './rooms.js';

/**
 * Returns all rooms in the order of their start; they close in reverse. The admin port is first, so
 * that a long start can be watched. Ports for clients come when all serves. Other boxes hear of
 * this one after its ports are open, and that it leaves before these close.
 */
export function startOrder(
  { prepared, logger, onProgress, demo = false, inheritance = null }: SupervisorOptions,
  parts: Composition,
): NamedRoom[] {
  const { loop, admin, history, placement, hooks, origins, watch, firewall, fleet, cpus } = parts;
  const { engine, listeners, map, jobs, recycler, heartbeat, keepServerId } = parts;
  const { config } = prepared;
  const rtmp = () => listeners.address('rtmp');
  const makeDemo = () => new DemoRoom(config.listen.rtmp, rtmp, logger.child({ room: 'demo' }));
  return [
    ['clock', loop],
    ['admin port', admin],
    ['placement', onlyClosed(placement)],
    ['hooks', hooks],
    ['origins', origins],
    ['streams of origins', watch],
    ['fixed origins', fixedOrigins(origins, parts)],
    ['firewall', firewall],
    ['children', { start: () => fleet.start(onProgress), close: () => fleet.close() }],
    ["children's CPUs", cpus],
    ['jobs', jobs],
    ['recycler', recycler],
    ['history', history],
    ...parts.helpers,
    ...(inheritance === null ? [] : [['kept clients', parts.carrying.room(inheritance)] as const]),
    ['memory', new HeapKeeper(engine, logger.child({ room: 'heap' }))],
    ...Array.from(listeners, ({ name, listener }): NamedRoom => [`listen.${name}`, listener]),
    ...(inheritance === null
      ? []
      : [['kept UDP clients', parts.carrying.udpRoom(inheritance)] as const]),
    ['heartbeat', heartbeat],
    ['server id', { start: keepServerId, close: async () => {} }],
    ...(map.boxes === null ? [] : [['boxes', map.boxes] as const]),
    ...(demo ? [['demo', makeDemo()] as const] : []),
  ];
}

function onlyClosed(room: Pick<Room, 'close'>): Room {
  return { start: async () => {}, close: () => room.close() };
}
