import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** The false answer that a fake origin gives to every request. */
export type Lie =
  | { readonly kind: 'huge' }
  | { readonly kind: 'dribbles' }
  /** Reports that it publishes this `app/stream`. */
  | { readonly kind: 'claims'; readonly stream: string };

export interface FakeOrigin {
  /** Its heartbeat, as a request to the admin port. */
  readonly beat: string;
  close(): void;
}

const HUGE_BYTES = 60_000_000;

/** Listens at the API address in its heartbeat. */
export async function serveAsOrigin(host: string, lie: Lie): Promise<FakeOrigin> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    socket.on('data', () => answer(socket, lie));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const at = [`${host}:${port}`];
  const body = JSON.stringify({
    ip: host,
    server: `vid-${lie.kind}`,
    service: 'fake',
    pid: '1',
    rtmp: at,
    http: at,
    api: at,
  });
  const head = [
    'POST /api/v1/srs/register HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    'Connection: close',
    `Content-Length: ${body.length}`,
  ];
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { beat: `${head.join('\r\n')}\r\n\r\n${body}`, close };
}

function answer(socket: Socket, lie: Lie): void {
  if (lie.kind === 'dribbles') {
    dribble(socket);
    return;
  }
  const text = lie.kind === 'huge' ? ' '.repeat(HUGE_BYTES) : claimOf(lie.stream);
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
}

function dribble(socket: Socket): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${HUGE_BYTES}\r\n\r\n`);
  const timer = setInterval(() => socket.write(' '), 1000);
  socket.once('close', () => clearInterval(timer));
}

/** Answers any list of SRS's API. */
function claimOf(stream: string): string {
  const [app = '', name = ''] = stream.split('/');
  const publish = { active: true, cid: 'x' };
  const vhosts = [{ id: 'v', name: '__defaultVhost__' }];
  const streams = [{ id: 's', name, vhost: 'v', app, publish }];
  return JSON.stringify({ code: 0, pid: '1', server: 'vid-claims', vhosts, streams, data: {} });
}
