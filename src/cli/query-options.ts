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

export function addQueryOptions(command: Command): Command {
  return addAdmin(command).option('--json', 'print JSON');
}

/** Adds the options that say which supervisor is meant. */
export function addAdmin(command: Command): Command {
  return command
    .option(...CONFIG)
    .option('--admin <address>', 'admin port of the supervisor (default: 127.0.0.1:12025)');
}
