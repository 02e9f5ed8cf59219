/** libsrt's own program on both sides of the listener: what one sends, the other must get. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { after, afterEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseExtensions } from '../../../src/protocol/srt/extensions.js';
import { CONCLUSION, parseHandshake } from '../../../src/protocol/srt/handshake.js';
import { destinationOf } from '../../../src/protocol/srt/packet.js';
import { LossyHop, type Weather } from '../../helpers/lossy-hop.js';
import { findProgram } from '../../helpers/programs.js';
import { abilitiesIn } from '../../helpers/srt-bytes.js';
import { SrtParty } from '../../helpers/srt-caller.js';
import { BOUNDED, until } from '../../helpers/until.js';
import { SrtRig } from './rig.js';

const PROGRAM = 'srt-live-transmit';
const SECRET = 'correct horse';
/** Bytes of media in a live SRT packet. */
const CHUNK = 1316;
const CHUNKS = 400;
/** The program keeps the last bytes back until more come. */
const MORE = 10;

/** Each chunk begins with its number. */
function chunk(number: number): Buffer {
  const bytes = Buffer.alloc(CHUNK, number);
  bytes.writeUInt32BE(number);
  return bytes;
}

/** The numbers of the chunks in what came out. */
function numbersIn(bytes: Buffer): number[] {
  return Array.from({ length: Math.floor(bytes.length / CHUNK) }, (_, i) =>
    bytes.readUInt32BE(CHUNK * i),
  );
}

/** srt-live-transmit, whose errors nobody needs. */
class Transmit {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #got: Buffer[] = [];

  constructor(from: string, to: string) {
    const args = ['-q', '-autoreconnect:no', `-chunk:${CHUNK}`, from, to];
    this.process = spawn(PROGRAM, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.process.stdin.on('error', () => {});
    this.process.stdout.on('data', (bytes: Buffer) => this.#got.push(bytes));
  }

  get got(): Buffer {
    return Buffer.concat(this.#got);
  }

  async feed(): Promise<void> {
    for (let number = 0; number < CHUNKS + MORE; number += 1) {
      this.process.stdin.write(chunk(number));
      await delay(2);
    }
  }

  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}

describe('SRT programs through the listener', {
  skip: !findProgram(PROGRAM) && `no ${PROGRAM}`,
  ...BOUNDED,
}, () => {
  const programs: Transmit[] = [];
  const hops: LossyHop[] = [];
  let rig: SrtRig;

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.kill()));
    for (const hop of hops.splice(0)) hop.close();
    await rig.close();
  });
  after(() => assert.equal(programs.length, 0));

  function run(from: string, to: string): Transmit {
    const program = new Transmit(from, to);
    programs.push(program);
    return program;
  }

  /** A child that writes out what it gets. */
  async function child(query = ''): Promise<{ port: number; program: Transmit }> {
    const party = await new SrtParty().open();
    const { port } = party;
    await party.close();
    const program = run(`srt://127.0.0.1:${port}?mode=listener${query}`, 'file://con');
    return { port, program };
  }

  async function hop(weather: Weather): Promise<LossyHop> {
    const opened = await new LossyHop(weather).open(rig.port);
    hops.push(opened);
    return opened;
  }

  async function open(port: number): Promise<void> {
    rig = await new SrtRig('native').start({ children: 0 });
    rig.route = port;
  }

  const call = (port: number, query = '') =>
    run('file://con', `srt://127.0.0.1:${port}?streamid=live/cam${query}`);

  const WEATHERS: readonly [string, Weather][] = [
    ['nothing lost', {}],
    ['2% lost', { loss: 0.02 }],
    ['10% lost, some twice and some late', { loss: 0.1, duplicates: 0.05, late: 0.1 }],
  ];
  for (const [name, weather] of WEATHERS) {
    it(`brings all that a caller sends, with ${name}`, async () => {
      const { port, program } = await child('&tlpktdrop=no');
      await open(port);
      const { port: through, seen } = await hop(weather);
      const caller = call(through, '&latency=1500&conntimeo=30000&tlpktdrop=no');
      // What the program is fed before that, it drops.
      await until('the caller speaks to the child', () =>
        seen.some(({ isUp, packet }) => isUp && destinationOf(packet) !== 0),
      );
      await caller.feed();
      await until('all has come', () => program.got.length >= CHUNKS * CHUNK);
      assert.deepEqual(
        numbersIn(program.got).slice(0, CHUNKS),
        Array.from({ length: CHUNKS }, (_, number) => number),
      );
    });
  }

  it('lets callers encrypt, and the child be the judge of their passphrase', async () => {
    const { port, program } = await child(`&passphrase=${SECRET}&pbkeylen=32`);
    await open(port);
    const wrong = call(rig.port, '&passphrase=battery staple');
    await until('the wrong one is refused', () => rig.listener.counters.failed.child > 0);
    await wrong.kill();
    const { port: through, seen } = await hop({});
    const caller = call(through, `&passphrase=${SECRET}`);
    await until('the right one is connected', () =>
      seen.some(({ isUp, packet }) => isUp && destinationOf(packet) !== 0),
    );
    await caller.feed();
    await until('all has come', () => program.got.length >= CHUNKS * CHUNK);
    assert.deepEqual(program.got.subarray(0, CHUNK), chunk(0));
  });

  it('keeps the latency that both ends agree on', async () => {
    const { port } = await child('&latency=250');
    await open(port);
    const { port: through, seen } = await hop({});
    call(through, '&latency=400');
    await until('the caller is connected', () => rig.listener.connections.size === 1);
    const isAnswer = ({ isUp, packet }: (typeof seen)[number]) => {
      const parsed = parseHandshake(packet);
      return !isUp && parsed.kind === 'value' && parsed.value.type === CONCLUSION;
    };
    const answer = await until('the caller is answered', () => seen.find(isAnswer));
    const blocks = parseExtensions(answer.packet);
    assert.ok(blocks.kind === 'value');
    assert.equal(abilitiesIn(blocks.value)?.receiverDelay, 400);
  });

  it('ends a caller when its child is killed, and a child’s session with its caller', async () => {
    const { port, program } = await child();
    await open(port);
    const caller = call(rig.port);
    await until('the caller is connected', () => rig.listener.connections.size === 1);
    await program.kill();
    const ended = once(caller.process, 'exit');
    // What it sends finds nobody.
    await caller.feed();
    await ended;
    await until('nobody is connected', () => rig.listener.connections.size === 0);
  });
});
