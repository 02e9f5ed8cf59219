import type { Command } from 'commander';

/** The path of the YAML file. */
export const CONFIG = [
  '-c, --config <file>',
  'YAML file; see examples/srs-supervisor.yaml',
] as const;

export interface ConfigOption {
  readonly config?: string;
}

/** Options of all commands that ask a running supervisor. */
export interface QueryOptions extends ConfigOption {
  readonly admin?: string;
  readonly json?: boolean;
}

/** Options of the commands that show something which changes. */
export interface ShownOptions extends QueryOptions {
  readonly watch?: string | true;
}

/** Options of the commands that list rows; further ones filter. */
export interface ListOptions extends ShownOptions {
  readonly sort?: string;
  readonly reverse?: boolean;
  readonly limit?: string;
  readonly child?: string;
  readonly stream?: string;
  readonly state?: string;
  readonly ip?: string;
  readonly role?: string;
}

/** Adds `--json` and `--watch`, which exclude each other. */
export function addShownOptions(command: Command): Command {
  return addQueryOptions(command).option(
    '-w, --watch [seconds]',
    'show it every 2 seconds, or so many, until Ctrl-C',
  );
}

export function addQueryOptions(command: Command): Command {
  return addAdmin(command).option('--json', 'print JSON');
}

/** Adds the options that say which supervisor is meant. */
export function addAdmin(command: Command): Command {
  return command
    .option(...CONFIG)
    .option('--admin <address>', 'admin port of the supervisor (default: 127.0.0.1:12025)');
}
