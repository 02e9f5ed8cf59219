import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { it } from 'node:test';
import { SupervisorError } from '../../src/errors.js';
import { dial } from '../../src/listener/dial.js';
import {
  failureOf,
  PeerError,
  reasonForClient,
  SessionError,
} from '../../src/listener/session-error.js';

async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

it('every error has its kind', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  const target = { host: '127.0.0.1', port, localAddress: null };
  const never = new AbortController().signal;
  const table: readonly [unknown, string][] = [
    [new SessionError('shed', 'x'), 'shed'],
    [new PeerError('closed'), 'left'],
    [await thrownBy(() => dial(target, never)), 'left'],
    [await thrownBy(() => AbortSignal.abort().throwIfAborted()), 'left'],
    [new DOMException('late', 'TimeoutError'), 'left'],
    [Object.assign(new Error('x'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }), 'left'],
    [new SupervisorError('ERR_REGISTRY_AWAY', 'x'), 'registry'],
    [new SupervisorError('ERR_REGISTRY', 'x'), 'registry'],
    [new SupervisorError('ERR_NO_CHILD', 'x'), 'no-child'],
    [new SupervisorError('ERR_CONFIG', 'x'), 'internal'],
    [await thrownBy(() => Buffer.alloc(-1)), 'internal'],
    [await thrownBy(() => (null as unknown as string).length), 'internal'],
    [new Error('x'), 'internal'],
    ['x', 'internal'],
    [undefined, 'internal'],
  ];
  for (const [error, kind] of table) assert.equal(failureOf(error), kind, String(error));
});

it('a client reads the reason of a refusal, and nothing of what is inside', () => {
  assert.equal(
    reasonForClient(new SessionError('child', 'child c001: closed')),
    'child c001: closed',
  );
  const away = new SupervisorError('ERR_REGISTRY_AWAY', 'registry: connect 10.0.0.1');
  assert.equal(reasonForClient(away), 'the registry of streams does not answer now');
  assert.equal(reasonForClient(new TypeError('a.b')), 'internal error of the server');
});
