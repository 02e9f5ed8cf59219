import type { Script } from './script.js';
import { SCRIPTS } from './scripts/all.js';
import { play, type Scene } from './stage.js';
import type { Target } from './target.js';

/** Scripts before one server at one time: most of a script is waiting for media. */
const AT_ONCE = 6;

/** Plays all scripts whose names begin so; returns the transcript of each by its name. */
export async function playAll(
  target: Target,
  only: string | readonly string[] = '',
): Promise<Map<string, Scene[]>> {
  const names = [only].flat();
  const can = ({ needs }: Script) => needs === undefined || target.hasSrt;
  const waiting = SCRIPTS.filter(
    (script) => names.some((name) => script.name.startsWith(name)) && can(script),
  );
  const scenes = new Map<string, Scene[]>();
  const worker = async () => {
    for (let script = waiting.shift(); script; script = waiting.shift()) {
      scenes.set(script.name, await play(script, target));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return scenes;
}
