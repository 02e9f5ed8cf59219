import type { Script } from './script.js';
import { SCRIPTS } from './scripts/all.js';
import { play, type Scene } from './stage.js';
import type { Target } from './target.js';

/** Scripts before one server at one time: most of a script is waiting for media. */
const AT_ONCE = 6;

/** All scripts before one server; the transcript of each by its name. */
export async function playAll(target: Target, only = ''): Promise<Map<string, Scene[]>> {
  const can = ({ needs }: Script) => needs === undefined || target.hasSrt;
  const waiting = SCRIPTS.filter((script) => script.name.startsWith(only) && can(script));
  const scenes = new Map<string, Scene[]>();
  const worker = async () => {
    for (let script = waiting.shift(); script; script = waiting.shift()) {
      scenes.set(script.name, await play(script, target));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return scenes;
}
