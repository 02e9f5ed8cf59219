/** Runs an attack for the process that forked it, and sends its tally at the end. */
import { setTimeout as delay } from 'node:timers/promises';
import { Attacker, type Tally, type Target } from './attacker.js';
import { ATTACKS } from './attacks.js';

export interface AttackJob {
  readonly attack: string;
  readonly target: Target;
  readonly seconds: number;
}

/** Milliseconds after which connections that the box has not closed are destroyed. */
const LAST_WORDS_MS = 200;

async function attack({ attack: name, target, seconds }: AttackJob): Promise<Tally> {
  const work = ATTACKS[name];
  if (work === undefined) throw new Error(`no attack ${name}`);
  const stop = new AbortController();
  const attacker = new Attacker(target.from, stop.signal);
  setTimeout(() => stop.abort(), seconds * 1000);
  await work(attacker, target);
  await delay(LAST_WORDS_MS);
  attacker.close();
  return attacker.tally;
}

process.once('message', (job: AttackJob) => {
  attack(job).then((tally) => process.send?.(tally, () => process.exit()));
});
process.once('disconnect', () => process.exit());
