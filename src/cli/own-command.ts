import { realpathSync } from 'node:fs';
import { delimiter, join, relative, sep } from 'node:path';

export interface Started {
  readonly env: NodeJS.ProcessEnv;
  /** Current folder of the user. */
  readonly cwd: string;
  /** Folder of our package. */
  readonly packageRoot: string;
}

const NAME = 'srs-supervisor';
/** Folder that npm and npx add to the PATH of their programs; it is not in the user's own PATH. */
const NPM_FOLDER = join('node_modules', '.bin');

/** Returns a command by which the user can call this installation from the current folder. */
export function ownCommand(started: Started, follow = followLink): string {
  const { env, cwd, packageRoot } = started;
  const script = join(packageRoot, 'bin', `${NAME}.js`);
  const isOurs = (folder: string) => follow(join(folder, NAME)) === script;
  const folders = (env.PATH ?? '').split(delimiter).filter((one) => !one.endsWith(NPM_FOLDER));
  if (folders.some(isOurs)) return NAME;
  if (isOurs(join(cwd, NPM_FOLDER))) return `npx ${NAME}`;
  return `node ${nearPath(cwd, script)}`;
}

/** Returns the path relative to the current folder, or unchanged if it is outside of it. */
export function nearPath(cwd: string, path: string): string {
  const near = relative(cwd, path);
  return near.startsWith(`..${sep}`) ? path : near;
}

/** Returns null if the path does not exist. */
function followLink(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
