/** The program. ARCHITECTURE.md shows what it is made of. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { check } from './cli/check.js';
import { buildProgram, type CliActions, parseArguments, type QueryOptions } from './cli/program.js';
import { type Query, runQuery } from './cli/query.js';
import { run } from './cli/run.js';
import { renderUnit } from './cli/unit.js';
import { loadConfig } from './config/load.js';
import { planCpus } from './cpu/plan.js';
import { planJson, renderPlan } from './cpu/render.js';
import { readTopology } from './cpu/topology.js';
import { messageOf, SupervisorError } from './errors.js';
import { PACKAGE_ROOT, VERSION } from './version.js';

const { env, stdout, stderr } = process;
const around = { env, packageRoot: PACKAGE_ROOT };

/** Aborts at the first signal to end; a second one ends the process on the spot. */
function onSignals(): AbortSignal {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(1);
    stopping.abort();
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  return stopping.signal;
}

async function query(kind: Query['kind'], { config, json = false, ...flags }: QueryOptions) {
  const { listen, admin } = await loadConfig({ flags, env, file: config });
  const width = stdout.isTTY ? stdout.columns : 80;
  stdout.write(await runQuery({ kind, address: listen.admin, token: admin.token, json, width }));
}

const actions: CliActions = {
  run: async ({ config: file, demo = false, ...flags }) => {
    const config = await loadConfig({ flags, env, file });
    await run(config, { ...around, stdout, stderr, demo, stopping: onSignals() });
  },
  check: async ({ config: file, ...flags }) => {
    const { text, passed } = await check(await loadConfig({ flags, env, file }), around);
    stdout.write(`${text}\n`);
    process.exitCode = passed ? 0 : 2;
  },
  plan: async ({ config: file, sysroot, json = false, ...flags }) => {
    const { children, cpu } = await loadConfig({ flags, env, file });
    if (sysroot !== undefined && !existsSync(join(sysroot, 'sys'))) {
      const text = `--sysroot: ${sysroot} has no folder sys; name a copy of a machine's file system`;
      throw new SupervisorError('ERR_USAGE', text);
    }
    const topology = readTopology(sysroot);
    const plan = planCpus(topology, { count: children.count, reserve: cpu.reserve, smt: cpu.smt });
    const text = json
      ? JSON.stringify(planJson(plan, topology), null, 2)
      : renderPlan(plan, topology);
    stdout.write(`${text.trimEnd()}\n`);
  },
  status: (options) => query('status', options),
  children: (options) => query('children', options),
  streams: (options) => query('streams', options),
  unit: ({ config: configPath, user }) => {
    const script = `${PACKAGE_ROOT}/bin/srs-supervisor.js`;
    stdout.write(renderUnit({ execPath: process.execPath, script, configPath, user }));
  },
};

try {
  await parseArguments(buildProgram(actions, VERSION), process.argv.slice(2));
} catch (error) {
  const isExpected = error instanceof SupervisorError;
  const text = isExpected || !(error instanceof Error) ? messageOf(error) : error.stack;
  stderr.write(`srs-supervisor: ${text}\n`);
  process.exitCode = isExpected ? error.exitCode : 1;
}
