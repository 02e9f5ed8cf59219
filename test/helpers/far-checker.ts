import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from './until.js';

export interface SessionJob {
  readonly api: string;
  readonly stream: string;
}

export interface Session {
  readonly username: string;
  readonly password: string;
  readonly location: string;
}

/** Source of checks (an address, with a name if it has several sockets) and their target. */
export interface Way {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

export interface CheckJob extends Session, Way {
  readonly count: number;
}

export type Job =
  | SessionJob
  | CheckJob
  | { readonly remove: string }
  | { readonly call: Omit<Way, 'from'> };
export type Answer = Session | number;

/** The network in which a helper's program runs: another namespace, or this one. */
export interface Side {
  fork(script: string): ChildProcess;
}

export const HERE: Side = { fork: (script) => fork(join(import.meta.dirname, script)) };

/** A client of WebRTC sessions. */
export class FarChecker {
  readonly #process: ChildProcess;

  constructor(side: Side) {
    this.#process = side.fork('far-checker-process.js');
  }

  async session(api: string, stream: string): Promise<Session> {
    return (await this.#do({ api, stream })) as Session;
  }

  /** Returns how many of `count` checks were answered. */
  async check(session: Session, way: Way, count: number): Promise<number> {
    return (await this.#do({ ...session, ...way, count })) as number;
  }

  /** Resolves when three checks in a row were answered. */
  async meet(session: Session, way: Way): Promise<void> {
    await until('answers', async () => (await this.check(session, way, 3)) === 3);
  }

  /** Reports whether SRT answers there. */
  async calls(to: string, port: number): Promise<boolean> {
    return (await this.#do({ call: { to, port } })) === 1;
  }

  /** Sends a DELETE and returns its status. */
  async remove(url: string): Promise<number> {
    return (await this.#do({ remove: url })) as number;
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }

  async #do(job: Job): Promise<Answer> {
    this.#process.send(job);
    const [message] = (await once(this.#process, 'message')) as [
      { readonly answer: Answer } | { readonly error: string },
    ];
    if ('error' in message) throw new Error(message.error);
    return message.answer;
  }
}
