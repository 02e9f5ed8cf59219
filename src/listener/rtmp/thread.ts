/**
 * The entry point of a listener thread: it serves RTMP clients until each has its child, and hands
 * both over to the control thread, whose relay carries them on.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '../../logger.js';
import { duplicate } from '../../relay/native/libc.js';
import type { RawPair } from '../../relay/native/takeover.js';
import type { RelayPair } from '../../relay/relay.js';
import { AliasBook, aliasShare } from '../aliases.js';
import { TrustedProxies } from '../client-address.js';
import type { Connection } from '../connections.js';
import type { Route } from '../route.js';
import { HandoverConnection } from './handover.js';
import { InHand } from './in-hand.js';
import { RtmpListener } from './listener.js';
import { Control, HeldRoute } from './thread-control.js';
import type { Handover, ThreadOrder, ThreadSetup } from './thread-messages.js';

const SUMMARY_MS = 500;

const port = parentPort;
if (port === null) throw new Error('the listener runs as a thread only');
const setup = workerData as ThreadSetup;
const control = new Control(port);
const aliases = new AliasBook(aliasShare(setup.index + 1, setup.threads + 1));
const inHand = new InHand(setup.inHand);
const { vhosts, identifyMs, server, proxies } = setup;

const listener = new RtmpListener({ fd: duplicate(setup.fd) }, setup.limits, {
  route: (stream, role) => control.route(stream, role),
  join: (pair, connection, route) =>
    new HandoverConnection(pair, inHand, (raw) => handOver(raw, pair, connection, route)),
  aliases,
  vhosts,
  identifyMs,
  server,
  proxies: proxies && new TrustedProxies(proxies),
  logger: createLogger(setup.logLevel, {
    people: false,
    write: (line) => control.say({ kind: 'log', line }),
  }),
});

/** The alias stays taken until the control thread says that it is free. */
function handOver(raw: RawPair, { idleMs }: RelayPair, connection: Connection, route: Route): void {
  const { id, ip, port, alias, stream, role, since } = connection;
  if (!(route instanceof HeldRoute) || stream === null || role === null) return;
  connection.alias = null;
  const about = { id, ip, port, alias, stream, role, since, owner: route.owner };
  const ids = { kind: 'handover', number: inHand.count, hold: route.handOver() } as const;
  const handover: Handover = { ...ids, ...about, ...raw, idleMs };
  control.say(
    handover,
    [raw.toClient, raw.toChild].flatMap((bytes) => bytes?.buffer ?? []),
  );
}

async function obey(order: ThreadOrder): Promise<void> {
  if (order.kind === 'routed') control.routed(order.call, order.route);
  else if (order.kind === 'free') aliases.release(order.alias);
  else if (order.kind === 'rows') {
    control.say({ kind: 'rows', call: order.call, rows: await listener.rows() });
  } else if (order.kind === 'client') {
    const client = aliases.clientOf(order.alias);
    control.say({ kind: 'client', call: order.call, client });
  } else {
    clearInterval(summaries);
    await listener.close();
    port?.close();
  }
}

port.on('message', (order: ThreadOrder) => void obey(order));
const summaries = setInterval(() => {
  const { counters, connections } = listener.summary();
  control.say({ kind: 'summary', counters, connections });
}, SUMMARY_MS);
await listener.start();
control.say({ kind: 'listening' });
