import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { close } from '../../src/relay/native/libc.js';
import { type Pipe, PipePool } from '../../src/relay/native/pipes.js';

const PIPES = 100;

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

describe('pipe pool', () => {
  it('lends no more pipes than there may be, and writes their numbers down', () => {
    const numbers = new Int32Array(2 * PIPES).fill(-1);
    const pool = new PipePool(numbers);
    const lent = Array.from({ length: PIPES }, () => pool.borrow(false));
    assert.ok(lent.every((pipe) => pipe !== null));
    assert.equal(pool.borrow(false), null);
    assert.ok(numbers.every((fd) => fd >= 0));
    for (const pipe of lent as Pipe[]) pool.discard(pipe);
    assert.ok(numbers.every((fd) => fd === -1));
  });

  it('keeps some for ways that were never stuck', () => {
    const pool = new PipePool(new Int32Array(2 * PIPES).fill(-1));
    const stuck: Pipe[] = [];
    for (let pipe = pool.borrow(true); pipe; pipe = pool.borrow(true)) stuck.push(pipe);
    assert.ok(stuck.length > 0 && stuck.length < PIPES);
    const other = pool.borrow(false);
    assert.ok(other);
    for (const pipe of [...stuck, other]) pool.discard(pipe);
  });

  it('uses the same pipe again, and closes those that nobody needs any more', () => {
    const before = openDescriptors();
    const numbers = new Int32Array(2 * PIPES).fill(-1);
    const pool = new PipePool(numbers);
    const first = pool.borrow(false);
    pool.giveBack(first!);
    assert.equal(pool.borrow(false), first);
    const lent = Array.from({ length: PIPES - 1 }, () => pool.borrow(false));
    for (const pipe of [first, ...lent]) pool.giveBack(pipe!);
    assert.ok(openDescriptors() < before + 2 * PIPES);
    for (const fd of numbers) if (fd >= 0) close(fd);
    assert.equal(openDescriptors(), before);
  });

  it('closes what nobody has borrowed since it last looked', () => {
    const before = openDescriptors();
    const pool = new PipePool(new Int32Array(2 * PIPES).fill(-1));
    const lent = Array.from({ length: 10 }, () => pool.borrow(false)) as Pipe[];
    for (const pipe of lent) pool.giveBack(pipe);
    pool.trim();
    assert.equal(openDescriptors(), before + 20);
    const some = [pool.borrow(false), pool.borrow(false)] as Pipe[];
    for (const pipe of some) pool.giveBack(pipe);
    pool.trim();
    assert.equal(openDescriptors(), before + 4);
    pool.trim();
    assert.equal(openDescriptors(), before);
    const again = pool.borrow(false);
    assert.ok(again);
    pool.discard(again);
  });
});
