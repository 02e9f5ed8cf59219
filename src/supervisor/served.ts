import { EventEmitter } from 'node:events';
import type { ConfOptions } from '../child/conf-plan.js';
import { holdableVhosts } from '../child/holdable.js';
import { liveMounts } from '../child/live-mounts.js';
import type { StartedConfs } from '../child/started-confs.js';
import { type ChildStatus, isServing } from '../child/types.js';
import type { OwnerRef } from '../owner.js';
import { type LiveMatcher, liveMatcher } from '../protocol/http/live.js';
import { DEFAULT_VHOST, nameOf, type StreamKey } from '../stream-key.js';
import type { Current } from './renewals.js';

type Child = Pick<ChildStatus, 'id' | 'generation' | 'state' | 'readySince'>;

export interface ServedParts {
  readonly started: Pick<StartedConfs, 'of'>;
  /** Returns the children that we started. */
  readonly children: () => readonly Child[];
  /** Used until a child serves: the children's options, or those of origins if there are none. */
  readonly conf: ConfOptions;
  readonly current: Current;
}

/** One vhost, by the latest config that has it. */
interface ServedVhost {
  readonly isHoldable: boolean;
  readonly makesHls: boolean;
}

/**
 * Vhosts and limits of the running children, by the configs that their processes were started with.
 * While a reload restarts them in turn these differ: a vhost is known from the first child that has
 * it to the last one, and its streams go to such children only. Emits `vhosts` when they change.
 */
export class Served extends EventEmitter<{ vhosts: [] }> {
  readonly #parts: ServedParts;
  /** The distinct configs of the serving children, the latest last. */
  #confs: readonly ConfOptions[];
  #vhosts: ReadonlyMap<string, ServedVhost> = new Map();
  #names: readonly string[] = [];
  #namesOf: ReadonlyMap<ConfOptions, ReadonlySet<string>> = new Map();
  /** Some children have vhosts that others have not. */
  #areMixed = false;
  #match: LiveMatcher = () => null;

  constructor(parts: ServedParts) {
    super();
    // Each port listens.
    this.setMaxListeners(0);
    this.#parts = parts;
    this.#confs = [parts.conf];
    this.#build();
  }

  /** All vhosts; the children take any other name for the default one. */
  get vhosts(): readonly string[] {
    return this.#names;
  }

  /** Finds the live stream behind a path of an HTTP port. */
  get match(): LiveMatcher {
    return this.#match;
  }

  /** Returns whether players of that vhost can wait here for their publisher. */
  isHoldable(vhost: string): boolean {
    return this.#vhosts.get(vhost)?.isHoldable ?? false;
  }

  /** Returns whether streams of that vhost get an HLS playlist. */
  makesHls(vhost: string): boolean {
    return this.#vhosts.get(vhost)?.makesHls ?? false;
  }

  /** Seconds of the longest HLS window of any vhost. */
  get hlsWindowSeconds(): number {
    return Math.max(
      this.#parts.current.config.hls.windowSeconds,
      ...this.#confs.flatMap(windowsOf),
    );
  }

  /** Returns whether that child has the stream's vhost. Called for each child and new stream. */
  mayTake(child: OwnerRef, stream: StreamKey): boolean {
    if (!this.#areMixed) return true;
    const conf = this.#parts.started.of(child);
    return conf === null || (this.#namesOf.get(conf)?.has(nameOf(stream).vhost) ?? true);
  }

  /** Returns the most clients of a child: as many as it takes itself, and as configured now. */
  maxConnectionsOf(child: Pick<Child, 'id' | 'generation'>): number {
    const { started, current } = this.#parts;
    const configured = current.config.children.maxConnections;
    return Math.min(configured, started.of(child)?.maxConnections ?? configured);
  }

  /** Looks at the children again, after one has become ready or has ended. */
  look(): void {
    const serving = this.#parts.children().filter(({ state }) => isServing(state));
    const inOrder = serving.toSorted((a, b) => (a.readySince ?? 0) - (b.readySince ?? 0));
    const { started } = this.#parts;
    const confs = new Set(inOrder.toReversed().flatMap((child) => started.of(child) ?? []));
    // Without any child the names stay as they were, for the next ones will have them.
    if (confs.size > 0) this.#take([...confs].reverse());
  }

  /** Goes by other options at once, where there are no children of ours. */
  renew(conf: ConfOptions): void {
    if (this.#parts.children().length === 0) this.#take([conf]);
  }

  #take(confs: readonly ConfOptions[]): void {
    const before = this.#confs;
    if (confs.length === before.length && confs.every((conf, i) => conf === before[i])) return;
    this.#confs = confs;
    this.#build();
    this.emit('vhosts');
  }

  #build(): void {
    this.#vhosts = new Map(this.#confs.flatMap(vhostsOf));
    this.#names = [...this.#vhosts.keys()];
    this.#namesOf = new Map(this.#confs.map((conf) => [conf, new Set(namesIn(conf))]));
    const counts = Array.from(this.#namesOf.values(), ({ size }) => size);
    this.#areMixed = counts.some((count) => count < this.#names.length);
    const mounts = this.#confs.flatMap(({ template, vhosts }) => liveMounts(template, vhosts));
    this.#match = liveMatcher(mounts, this.#names);
  }
}

function namesIn({ template, vhosts }: ConfOptions): string[] {
  const theirs = template.vhosts.map(({ name }) => name);
  return [DEFAULT_VHOST, ...(theirs.length > 0 ? theirs : Object.keys(vhosts))];
}

function windowsOf({ template, hls }: ConfOptions): number[] {
  const theirs = template.vhosts.flatMap(({ hlsWindowSeconds }) => hlsWindowSeconds ?? []);
  return hls === null ? theirs : [...theirs, hls.windowSeconds];
}

function vhostsOf(conf: ConfOptions): [string, ServedVhost][] {
  const { template, vhosts, hls } = conf;
  const names = namesIn(conf);
  const holdable = new Set(holdableVhosts(template, names));
  const withHls = new Set(template.vhosts.filter(({ hasHls }) => hasHls).map(({ name }) => name));
  const makesHls = (name: string) =>
    template.isGiven ? withHls.has(name) : hls !== null && vhosts[name] !== 'ts';
  return names.map((name) => [name, { isHoldable: holdable.has(name), makesHls: makesHls(name) }]);
}
