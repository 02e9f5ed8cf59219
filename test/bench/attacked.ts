import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tally, Target } from '../helpers/attacks/attacker.js';
import type { AttackJob } from '../helpers/attacks/attacker-process.js';
import { ATTACKS } from '../helpers/attacks/attacks.js';
import { type Ffmpeg, publish } from '../helpers/media.js';
import type { Origin } from '../helpers/origins.js';
import { freePort } from '../helpers/ports.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { residentBytes } from './measure.js';

const PROCESS = join(import.meta.dirname, '../helpers/attacks/attacker-process.js');
/** No address of the good clients, and none that the supervisor dials from. */
const FROM = '127.0.0.9';
const STREAM = 'live/good';
/** More than one connection's buffers hold. */
const FILE_BYTES = 64 * 1024 * 1024;
/** In a session of its own, and not in that of the clients and the attacker. */
const AS_SERVICE = ['setsid'];
const SAMPLE_MS = 100;

/** How many files a box may open, where the default is too many for the attack to reach. */
export const FEW_DESCRIPTORS: Readonly<Record<string, number>> = { descriptors: 700 };

/** All attacks, or those that have in their names a part of BENCH_ATTACKS (`names RTMP;STUN`). */
export function attackNames(): string[] {
  const parts = process.env.BENCH_ATTACKS?.split(';') ?? [''];
  return Object.keys(ATTACKS).filter((name) => parts.some((part) => name.includes(part)));
}

export interface Use {
  readonly descriptors: number;
  /** Resident memory. */
  readonly bytes: number;
}

/** A box that is attacked: two children, a published stream, a large file. */
export class AttackedBox {
  readonly supervisor: RunningSupervisor;
  readonly ports: Target['ports'];
  readonly #folder: string;
  readonly #publisher: Ffmpeg;

  private constructor(
    supervisor: RunningSupervisor,
    ports: Target['ports'],
    { folder, publisher }: { readonly folder: string; readonly publisher: Ffmpeg },
  ) {
    this.supervisor = supervisor;
    this.ports = ports;
    this.#folder = folder;
    this.#publisher = publisher;
  }

  /** `descriptors`: how many files it may open; default: as many as we. */
  static async start(
    origin: Origin,
    descriptors?: number,
    env: NodeJS.ProcessEnv = {},
  ): Promise<AttackedBox> {
    const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-hostile-'));
    const file = await open(join(folder, 'big.bin'), 'w');
    await file.truncate(FILE_BYTES);
    await file.close();
    const ports = { http: 0, api: 0, rtc: 0, srt: 0 };
    for (const name of ['http', 'api', 'rtc', 'srt'] as const) ports[name] = await freePort();
    const few = descriptors === undefined ? {} : { SRS_SUPERVISOR_CHILDREN_MAX_CONNECTIONS: '200' };
    const supervisor = await RunningSupervisor.start({
      origin: origin.path,
      children: 2,
      ports,
      env: { SRS_SUPERVISOR_HTTP_DIR: folder, SRS_SUPERVISOR_ORIGINS_FROM: FROM, ...few, ...env },
      behind: [...AS_SERVICE, ...(descriptors ? ['prlimit', `--nofile=${descriptors}`] : [])],
    });
    const publisher = publish(supervisor.url(STREAM));
    await supervisor.ownerOf(STREAM);
    await supervisor.calm();
    const { rtmpPort: rtmp, adminPort: admin } = supervisor;
    return new AttackedBox(supervisor, { ...ports, rtmp, admin }, { folder, publisher });
  }

  /** Nothing once it has ended. */
  get use(): Use {
    const { pid } = this.supervisor;
    if (!existsSync(`/proc/${pid}/fd`)) return { descriptors: 0, bytes: 0 };
    const descriptors = readdirSync(`/proc/${pid}/fd`).length;
    return { descriptors, bytes: residentBytes(pid) };
  }

  /** Attacks for so long from a process of its own. Answers what the box used at most meanwhile. */
  async attack(
    name: string,
    seconds: number,
  ): Promise<{ readonly tally: Tally; readonly most: Use }> {
    const attacker = fork(PROCESS);
    let most = this.use;
    const timer = setInterval(() => {
      most = larger(most, this.use);
    }, SAMPLE_MS);
    const target = { from: FROM, ports: this.ports, file: '/big.bin', stream: STREAM };
    const job: AttackJob = { attack: name, target, seconds };
    attacker.send(job);
    const answer = await Promise.race([once(attacker, 'message'), once(attacker, 'exit')]);
    clearInterval(timer);
    if (typeof answer[0] !== 'object') throw new Error(`${name}: the attacker has ended`);
    return { tally: answer[0] as Tally, most };
  }

  async close(): Promise<void> {
    await this.#publisher.kill();
    await this.supervisor.dispose();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function larger(one: Use, other: Use): Use {
  return {
    descriptors: Math.max(one.descriptors, other.descriptors),
    bytes: Math.max(one.bytes, other.bytes),
  };
}
