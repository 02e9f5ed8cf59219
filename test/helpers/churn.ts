import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { buildC0C1, buildC2, HANDSHAKE_SIZE } from '../../src/protocol/rtmp/handshake.js';
import { CLIENTS } from './rtmp-bytes.js';
import { connectTo, RtmpPlayer } from './rtmp-player.js';
import { dialPort } from './sockets.js';
import { until } from './until.js';

/** The target of short-lived clients. */
export interface Target {
  readonly port: number;
  /** A published `app/stream`. */
  readonly stream: string;
  /** An app without publishers: a child notices a publisher's end only after a while. */
  readonly freshApp: string;
}

type Session = (target: Target, index: number) => Promise<void>;

const C0C1 = buildC0C1(0, randomBytes(HANDSHAKE_SIZE));
const C2 = buildC2(Buffer.alloc(HANDSHAKE_SIZE));
const SERVER_HANDSHAKE = 1 + 2 * HANDSHAKE_SIZE;

/** The ways in which clients come and go, regular and irregular. */
const SESSIONS: Readonly<Record<string, Session>> = {
  'connects and leaves': ({ port }) => setup(port, leave),

  'leaves amid the handshake': ({ port }) =>
    setup(port, async (socket) => {
      socket.write(C0C1.subarray(0, HANDSHAKE_SIZE / 2));
      await leave(socket);
    }),

  'plays and leaves': async ({ port, stream }) => {
    const player = await RtmpPlayer.play(`rtmp://127.0.0.1:${port}/${stream}`);
    await until('media', () => player.received.length > 0).finally(() => player.close());
  },

  'publishes and leaves': async ({ port, freshApp }, index) => {
    const { client, stream } = await connectTo(`rtmp://127.0.0.1:${port}/${freshApp}/s${index}`);
    await client.publish(stream).finally(() => client.close());
    await client.closed;
  },

  'resets after connecting': ({ port }) => setup(port, reset),

  'resets after the handshake': ({ port }) =>
    setup(port, async (socket) => {
      socket.write(C0C1);
      await received(socket, SERVER_HANDSHAKE);
      await reset(socket);
    }),

  'resets while it plays': ({ port, stream }) =>
    setup(port, async (socket) => {
      socket.write(Buffer.concat([C0C1, C2, playCommands(port, stream)]));
      await received(socket, 4 * SERVER_HANDSHAKE);
      await reset(socket);
    }),
};

/** Runs `count` clients, all kinds in rotation, so many at a time. */
export async function churn(target: Target, count: number, atOnce: number): Promise<void> {
  const kinds = Object.entries(SESSIONS);
  const indexes = Array.from({ length: count }, (_, index) => index).values();
  const client = async () => {
    for (const index of indexes) {
      const [kind, come] = kinds[index % kinds.length]!;
      await come(target, index).catch((cause: unknown) => {
        throw new Error(`client ${index}, who ${kind}: ${cause}`, { cause });
      });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
}

function playCommands(port: number, stream: string): Buffer {
  const [app = '', name = ''] = stream.split('/');
  const player = CLIENTS.find(({ role }) => role === 'play');
  if (player === undefined) throw new Error('no player among the clients');
  return player.build({ tcUrl: `rtmp://127.0.0.1:${port}/${app}`, app, stream: name });
}

async function setup(port: number, act: (socket: Socket) => Promise<void>): Promise<void> {
  const socket = await dialPort(port);
  await act(socket).finally(() => socket.destroy());
}

async function leave(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.end().resume();
  await closed;
}

async function reset(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.resetAndDestroy();
  await closed;
}

/** Reads until so many bytes have arrived. */
async function received(socket: Socket, bytes: number): Promise<void> {
  socket.resume();
  await until(`${bytes} bytes`, () => socket.bytesRead >= bytes);
}
