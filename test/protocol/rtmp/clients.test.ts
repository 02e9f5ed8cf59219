import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChunkReader } from '../../../src/protocol/rtmp/chunk-reader.js';
import { decodeCommand, type RtmpCommand } from '../../../src/protocol/rtmp/command.js';
import { CLIENTS } from '../../helpers/rtmp-bytes.js';

const FIXTURES = join(import.meta.dirname, '../../../../test/fixtures/bytes');
const CAPTURED = { tcUrl: 'rtmp://127.0.0.1:28936/live', app: 'live', stream: 'cam' };

const CAPTURES = [
  ['ffmpeg publishes', 'rtmp-ffmpeg-publish.bin'],
  ['ffmpeg plays', 'rtmp-ffmpeg-play.bin'],
] as const;

function commandsIn(bytes: Buffer): RtmpCommand[] {
  const reader = new ChunkReader();
  reader.push(bytes);
  const commands: RtmpCommand[] = [];
  for (let next = reader.next(); next.kind !== 'incomplete'; next = reader.next()) {
    assert.ok(next.kind === 'value', JSON.stringify(next));
    const command = decodeCommand(next.value);
    if (command.kind === 'value') commands.push(command.value);
  }
  assert.equal(reader.partialStart(), null);
  return commands;
}

for (const client of CLIENTS) {
  test(`reads what is sent when ${client.name}`, () => {
    const commands = commandsIn(client.build(CAPTURED));
    assert.deepEqual(
      commands.map(({ name }) => name),
      client.commands,
    );
    const connect = commands[0]?.object as { tcUrl?: unknown } | null;
    assert.equal(connect?.tcUrl, CAPTURED.tcUrl);
    assert.equal(commands.at(-1)?.name, client.role);
    assert.equal(commands.at(-1)?.args[0], CAPTURED.stream);
  });
}

for (const [name, file] of CAPTURES) {
  test(`our bytes are the captured ones when ${name}`, async () => {
    const client = CLIENTS.find((one) => one.name === name);
    assert.deepEqual(client?.build(CAPTURED), await readFile(join(FIXTURES, file)));
  });
}
