import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { codeOf } from '../../src/errors.js';
import { Cast } from '../helpers/cast.js';
import { origins } from '../helpers/origins.js';
import { findProgram } from '../helpers/programs.js';
import type { RtmpPlayer } from '../helpers/rtmp-player.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { BOUNDED, until } from '../helpers/until.js';

/**
 * Runs a command on a terminal: USR2 stops that (Ctrl-S), USR1 closes it, TERM is for the command.
 */
const TERMINAL = `
import os, pty, signal, sys, threading
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
def read():
    try:
        while os.read(master, 4096):
            pass
    except OSError:
        pass
threading.Thread(target=read, daemon=True).start()
signal.signal(signal.SIGUSR2, lambda *_: os.write(master, bytes([0x13])))
signal.signal(signal.SIGUSR1, lambda *_: os.close(master))
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
const NO_PYTHON = findProgram('python3') === null && 'needs python3';
const NO_MOUNTS = process.getuid?.() === 0 ? false : 'only root may mount';

for (const origin of origins()) {
  describe(`a box whose log nobody takes, ${origin.name}`, BOUNDED, () => {
    const cast = new Cast();
    let folder: string;
    let running: RunningSupervisor | null = null;
    let player: RtmpPlayer;

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'srs-sinks-e2e-'));
    });
    afterEach(async () => {
      await cast.close();
      await running?.dispose();
      running = null;
      await rm(folder, { recursive: true, force: true });
    });

    /** A box that logs much to where the shell's words put it, and a stream that is played. */
    async function start(...behind: string[]): Promise<RunningSupervisor> {
      const env = { SRS_SUPERVISOR_LOG_LEVEL: 'debug' };
      const options = { origin: origin.path, children: 1, behind, env };
      running = await RunningSupervisor.start(options);
      cast.publish(running.url('live/s'));
      player = await cast.play(running.url('live/s'));
      return running;
    }

    /** Each leaves a line of some 150 bytes in the log. */
    async function strangers(supervisor: RunningSupervisor, count: number): Promise<void> {
      for (let index = 0; index < count; index++) {
        const socket = connect({ port: supervisor.rtmpPort, host: '127.0.0.1' });
        socket.on('error', () => {});
        socket.end('GET / HTTP/1.1');
        await once(socket.resume(), 'close');
      }
    }

    async function assertFlows(): Promise<void> {
      const { length } = player.received;
      await until('media flows', () => player.received.length > length + 10);
    }

    const toPipe = (path: string) => ['sh', '-c', 'exec "$@" 2>"$0"', path];

    function pipe() {
      const path = join(folder, 'pipe');
      execFileSync('mkfifo', [path]);
      const open = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      return { path, open };
    }

    /** Reads what is there, until that text comes. */
    async function readUntil(fd: number, wanted: string): Promise<string> {
      let text = '';
      const buffer = Buffer.alloc(64 * 1024);
      await until(wanted, () => {
        try {
          text += buffer.toString('utf8', 0, readSync(fd, buffer));
        } catch (error) {
          assert.equal(codeOf(error), 'EAGAIN');
        }
        return text.includes(wanted);
      });
      return text;
    }

    it('goes on when the reader of a pipe ends, and when another one comes', async () => {
      const { path, open } = pipe();
      const first = open();
      const supervisor = await start(...toPipe(path));
      closeSync(first);
      await strangers(supervisor, 5);
      await assertFlows();
      const second = open();
      await readUntil(second, '"msg":"rtmp client closed"');
      closeSync(second);
      await assertFlows();
      assert.equal(await supervisor.stop(), 0);
    });

    it('goes on while a reader does not read', async () => {
      const { path, open } = pipe();
      const reader = open();
      const supervisor = await start(...toPipe(path));
      // More than the pipe takes.
      await strangers(supervisor, 1000);
      await assertFlows();
      const text = await readUntil(reader, '"msg":"serving"');
      assert.match(text, /^\{/);
      closeSync(reader);
    });

    it('starts with a full one, and ends well', async () => {
      const supervisor = await start(...toPipe('/dev/full'));
      await strangers(supervisor, 5);
      await assertFlows();
      assert.equal(await supervisor.stop(), 0);
    });

    it('goes on when its terminal stops, and when it is closed', { skip: NO_PYTHON }, async () => {
      const supervisor = await start('python3', '-c', TERMINAL);
      supervisor.process.kill('SIGUSR2');
      await strangers(supervisor, 200);
      await assertFlows();
      supervisor.process.kill('SIGUSR1');
      await strangers(supervisor, 5);
      await assertFlows();
      assert.equal(await supervisor.stop(), 0);
    });

    it('goes on while its disk is full, and logs when it is not', { skip: NO_MOUNTS }, async () => {
      const disk = join(folder, 'disk');
      await mkdir(disk);
      const script = 'mount -t tmpfs -o size=64k none "$0" && exec "$@" 2>>"$0/log"';
      const supervisor = await start('unshare', '-m', 'sh', '-c', script, disk);
      const inside = join(`/proc/${supervisor.pid}/root`, disk);
      assert.throws(() => writeFileSync(join(inside, 'big'), Buffer.alloc(100_000)), /ENOSPC/);
      await strangers(supervisor, 50);
      await assertFlows();
      await rm(join(inside, 'big'));
      const read = async () =>
        (await readFile(join(inside, 'log'), 'utf8')).split('\n').slice(0, -1);
      const isStranger = (line: string) => line.includes('rtmp client closed');
      await until('a line of each', async () => (await read()).filter(isStranger).length >= 50);
      for (const line of await read()) JSON.parse(line);
    });
  });
}
