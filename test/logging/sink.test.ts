import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { codeOf } from '../../src/errors.js';
import { openOutlet } from '../../src/logging/outlet.js';
import { LogSink } from '../../src/logging/sink.js';
import { until } from '../helpers/until.js';

const noStream = () => assert.fail('a stream was asked for');

describe('a sink of log lines', () => {
  let folder: string;
  const open: number[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-sink-'));
  });
  afterEach(async () => {
    for (const fd of open.splice(0)) closeSync(fd);
    await rm(folder, { recursive: true, force: true });
  });

  function keep(fd: number): number {
    open.push(fd);
    return fd;
  }

  /** A named pipe, with its two ends. */
  function pipe() {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const openReader = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const reader = openReader();
    return { reader, openReader, writer: keep(openSync(path, constants.O_WRONLY)) };
  }

  /** All that can be read now. */
  function read(fd: number): string {
    const buffer = Buffer.alloc(1024 * 1024);
    let text = '';
    try {
      for (let size = readSync(fd, buffer); size > 0; size = readSync(fd, buffer)) {
        text += buffer.toString('latin1', 0, size);
      }
    } catch (error) {
      assert.equal(codeOf(error), 'EAGAIN');
    }
    return text;
  }

  it('holds up nobody while its reader does not read, and says how many lines were dropped', async () => {
    const { reader, writer } = pipe();
    keep(reader);
    const gaps: number[] = [];
    const outlet = openOutlet(writer, noStream);
    const sink = new LogSink({ outlet, maxBytes: 300_000, onGap: (lines) => gaps.push(lines) });
    const line = (index: number) => `${String(index).padStart(6, '0')} ${'x'.repeat(92)}\n`;
    // The kernel takes 64 KiB and the sink 300,000 bytes: the rest finds no room.
    for (let index = 0; index < 5000; index++) sink.write(line(index));
    await sink.drain(200);
    assert.ok(sink.dropped > 1000, `${sink.dropped}`);
    assert.deepEqual(gaps, []);

    let text = '';
    await until('the gap is told', () => {
      text += read(reader);
      return gaps.length > 0;
    });
    sink.write('back\n');
    await until('all is read', () => {
      text += read(reader);
      return text.endsWith('back\n');
    });
    assert.deepEqual(gaps, [sink.dropped]);
    const taken = text.split('\n').slice(0, -2);
    assert.deepEqual(
      taken,
      Array.from({ length: 5000 - sink.dropped }, (_, i) => line(i).trim()),
    );
  });

  it('goes on when its reader has gone, and with the next one', async () => {
    const { reader, openReader, writer } = pipe();
    const sink = new LogSink({ outlet: openOutlet(writer, noStream) });
    closeSync(reader);
    sink.write('lost or late\n');
    assert.equal(codeOf(await sink.drain()), 'EPIPE');
    sink.write('late\n');
    const next = keep(openReader());
    let text = '';
    await until('the lines', () => {
      text += read(next);
      return text.endsWith('\nlate\n');
    });
    assert.equal(await sink.drain(), null);
  });

  it('fails without a throw where there is no space, and ends in time', async () => {
    const sink = new LogSink({ outlet: openOutlet(keep(openSync('/dev/full', 'w')), noStream) });
    sink.write('nothing of this\n');
    assert.equal(codeOf(await sink.drain()), 'ENOSPC');
  });

  it('goes on in a new file after a rename, as logrotate does it', async () => {
    const path = join(folder, 'log');
    const sink = new LogSink({ outlet: openOutlet(keep(openSync(path, 'a')), noStream) });
    sink.write('one\n');
    await sink.drain();
    renameSync(path, `${path}.1`);
    for (const word of ['two', 'three']) {
      sink.write(`before ${word}\n`);
      assert.equal(sink.reopen(), path);
    }
    sink.write('last\n');
    await sink.drain();
    const both = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8');
    assert.equal(both, 'one\nbefore two\nbefore three\nlast\n');
    assert.match(readFileSync(path, 'utf8'), /last\n$/);
  });

  it('has no new file where it is none', () => {
    const sink = new LogSink({ outlet: openOutlet(keep(openSync('/dev/null', 'w')), noStream) });
    assert.equal(sink.reopen(), null);
  });
});
