import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** Prints each datagram that comes to the Unix socket of that path, in one line of JSON. */
const PROGRAM = `
import koffi from 'koffi';
const [path] = process.argv.slice(1);
const libc = koffi.load(null);
const socket = libc.func('socket', 'int', ['int', 'int', 'int']);
const bind = libc.func('bind', 'int', ['int', 'void *', 'uint']);
const recv = libc.func('intptr_t recv(int, void *, size_t, int)');
const name = path.startsWith('@') ? '\\0' + path.slice(1) : path;
const address = Buffer.concat([Buffer.from(Uint16Array.of(1).buffer), Buffer.from(name)]);
const fd = socket(1, 2, 0);
if (bind(fd, address, address.length) !== 0) throw new Error('bind: errno ' + koffi.errno());
console.log(JSON.stringify('bound'));
const bytes = Buffer.alloc(65536);
for (;;) console.log(JSON.stringify(bytes.toString('utf8', 0, Number(recv(fd, bytes, bytes.length, 0)))));
`;

/** A Unix datagram socket, as systemd has for its services. Node itself has none. */
export class UnixReceiver {
  readonly received: string[] = [];
  readonly #process: ChildProcessByStdio<null, Readable, null>;

  private constructor(path: string) {
    const args = ['--input-type=module', '-e', PROGRAM, path];
    this.#process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    this.#process.stdout.setEncoding('utf8').on('data', (part: string) => {
      const lines = `${text}${part}`.split('\n');
      text = lines.pop() ?? '';
      this.received.push(...lines.map((line) => JSON.parse(line) as string));
      this.#process.emit('received');
    });
  }

  /** Resolves when the socket is bound. A leading `@` means the abstract namespace. */
  static async open(path: string): Promise<UnixReceiver> {
    const receiver = new UnixReceiver(path);
    await once(receiver.#process, 'received');
    receiver.received.shift();
    return receiver;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
