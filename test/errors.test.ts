import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { messageOf } from '../src/errors.js';
import { freePort } from './helpers/ports.js';

/** Returns what an attempt was rejected with. */
function errorOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => assert.fail('it went well'),
    (error: unknown) => error,
  );
}

async function messageAt(attempt: Promise<unknown>): Promise<string> {
  return messageOf(await errorOf(attempt));
}

test('errors of files have the path and a reason in plain words', async () => {
  assert.equal(await messageAt(readFile('/nowhere/x')), '/nowhere/x: no such file or directory');
  assert.equal(await messageAt(readdir('/proc/version')), `/proc/version: ${NOT_A_FOLDER}`);
});

const NOT_A_FOLDER = 'a part of that path is a file, not a directory';

test('errors of connections have the address', async () => {
  const port = await freePort();
  const refused = (host: string) => messageAt(once(connect({ host, port }), 'connect'));
  assert.equal(await refused('127.0.0.1'), `127.0.0.1:${port}: the connection was refused`);
  assert.equal(await refused('::1'), `[::1]:${port}: the connection was refused`);
  // A host with two addresses.
  assert.match(await refused('localhost'), new RegExp(`:${port}: the connection was refused$`));
});

test('limits of time are no answer in time', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const signal = AbortSignal.timeout(10);
  const request = get({ host: '127.0.0.1', port, signal, agent: false });
  assert.equal(await messageAt(once(request, 'response')), 'no answer in time');
  assert.equal(messageOf(signal.reason), 'no answer in time');
  silent.close();
});

test('a server that closes says nothing of hanging up', async () => {
  const closing = createServer((socket) => socket.resume().once('data', () => socket.destroy()));
  closing.listen(0, '127.0.0.1');
  await once(closing, 'listening');
  const { port } = closing.address() as { port: number };
  const request = get({ host: '127.0.0.1', port, agent: false });
  const said = await messageAt(once(request, 'response'));
  assert.equal(said, 'the connection was closed without an answer');
  closing.close();
});

test('other messages stay as they are', () => {
  assert.equal(messageOf(new Error('what it says')), 'what it says');
  assert.equal(messageOf('a text'), 'a text');
  const own = Object.assign(new Error('our own words'), { code: 'ENOENT' });
  assert.equal(messageOf(own), 'our own words');
});
