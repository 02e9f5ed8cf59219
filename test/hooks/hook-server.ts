import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call that a user's server got. */
export interface GotHook {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

type Reply = (response: ServerResponse, call: GotHook) => void;

/** A user's hook server. What it answers can be set for each action; `0` otherwise. */
export class UserHooks {
  readonly calls: GotHook[] = [];
  readonly replies = new Map<string, Reply>();
  readonly #server: Server;
  /** Connections that were opened. */
  connections = 0;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let text = '';
      for await (const piece of request) text += String(piece);
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
      const call = { url: request.url ?? '', headers: request.headers, body };
      this.calls.push(call);
      const reply = this.replies.get(String(body.action)) ?? says(200, '0');
      reply(response, call);
    });
    this.#server.on('connection', () => this.connections++);
  }

  static async start(): Promise<UserHooks> {
    const hooks = new UserHooks();
    hooks.#server.listen(0, '127.0.0.1');
    await once(hooks.#server, 'listening');
    return hooks;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Bodies of the calls for one action, of one stream where it is named. */
  of(action: string, stream?: string): Record<string, unknown>[] {
    return this.calls
      .map(({ body }) => body)
      .filter((body) => body.action === action && (!stream || body.stream === stream));
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

export function says(status: number, body: string): Reply {
  return (response) => {
    response.writeHead(status).end(body);
  };
}

/** Never answers. */
export const hangs: Reply = () => {};
