import { realpathSync } from 'node:fs';
import { delimiter, join, relative, sep } from 'node:path';

export interface Started {
  readonly env: NodeJS.ProcessEnv;
  /** Where the user is. */
  readonly cwd: string;
  /** Our own package. */
  readonly packageRoot: string;
}

const NAME = 'srs-supervisor';
/** npm and npx put these into the PATH of what they start; the user's next command has them not. */
const NPM_FOLDER = join('node_modules', '.bin');

/** How the user calls this installation from where he is: a command that works as it is printed. */
export function ownCommand(started: Started, follow = followLink): string {
  const { env, cwd, packageRoot } = started;
  const script = join(packageRoot, 'bin', `${NAME}.js`);
  const isOurs = (folder: string) => follow(join(folder, NAME)) === script;
  const folders = (env.PATH ?? '').split(delimiter).filter((one) => !one.endsWith(NPM_FOLDER));
  if (folders.some(isOurs)) return NAME;
  if (isOurs(join(cwd, NPM_FOLDER))) return `npx ${NAME}`;
  return `node ${nearPath(cwd, script)}`;
}

/** A path as short as it can be from the current folder. */
export function nearPath(cwd: string, path: string): string {
  const near = relative(cwd, path);
  return near.startsWith(`..${sep}`) ? path : near;
}

/** Null where there is nothing. */
function followLink(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}
