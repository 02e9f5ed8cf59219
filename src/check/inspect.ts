/**
 * The room `check/`: finds all that can be known before a child starts, or goes by a new template.
 * May import: child, child-access, config, cpu, firewall, listener, logging, registry, relay,
 * srs-conf, system.
 */

import { NO_BINARY, resolveBinary } from '../child/binary.js';
import { liveMounts } from '../child/live-mounts.js';
import { overlapWithOthers } from '../child/others.js';
import type { Pinning } from '../child/pinning.js';
import { NO_TEMPLATE, type Template } from '../child/template.js';
import { isScriptWithoutExec } from '../child/wrapper.js';
import type { Config } from '../config/config.js';
import { canPin, pinPrefix, pinThreads, readAffinity } from '../cpu/affinity.js';
import { formatCpuList } from '../cpu/cpuset.js';
import { type CpuPlan, planCpus, quotaText } from '../cpu/plan.js';
import { readTopology } from '../cpu/topology.js';
import { SupervisorError } from '../errors.js';
import { loadCertificate } from '../listener/certificate.js';
import { type Redactor, redact } from '../logging/redact.js';
import { connectRedis } from '../registry/redis/connect.js';
import { plural } from '../system/plural.js';
import { Findings, type Outcome } from './findings.js';
import { tryFirewall } from './firewall.js';
import { tryHttpDir } from './http-dir.js';
import { connectionBudget, type DescriptorBudget, fileLimit } from './limits.js';
import { whoRegisters } from './origins.js';
import { provePorts } from './ports.js';
import type { Prepared } from './prepared.js';
import { findOpenSecrets, secretsInTemplate, secretsOf } from './secrets.js';
import { readTemplate } from './template.js';
import { tryConf } from './try-conf.js';

/** Inputs of the process besides its configuration. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Folder of our package. */
  readonly packageRoot: string;
  /** Words of the command line. */
  readonly argv: readonly string[];
  /** Path of the YAML file. */
  readonly configFile?: string | undefined;
  /** Gets every secret before anything is logged or printed. */
  readonly redactor: Redactor;
  /** The template as it was read before; default: it is read from its file. */
  readonly template?: Template | null;
  /** The ports are open already, in this process or beside it; default: false. */
  readonly isOpen?: boolean;
}

const PINNING: Pinning = { prefix: pinPrefix, readAffinity, move: pinThreads };

export interface Inspection {
  readonly findings: Findings;
  /** Null if a check failed. */
  readonly prepared: Prepared | null;
  /** Number of planned children; 0 if the CPUs could not be planned. */
  readonly count: number;
}

/** Checks configuration and machine as a start would; changes nothing. */
export async function inspect(config: Config, around: Surroundings): Promise<Inspection> {
  const { env, packageRoot, argv, configFile, redactor, isOpen = false } = around;
  const findings = new Findings();
  redactor.learn(secretsOf(config));
  const binary = await findings.attempt('srs', () => findBinary(config, env, packageRoot));
  const known = around.template;
  const readAgain = () => readTemplate(config);
  const template = known ?? (await findings.attempt('template', readAgain));
  redactor.learn(secretsInTemplate(template ?? NO_TEMPLATE));
  await findings.attempt('secrets', () => findOpenSecrets(argv, configFile));
  const plan = await findings.attempt('cpus', () => planChildren(config));
  const pinning = await findings.attempt('pinning', () => tryPinning(config));
  const overlap = await findings.attempt('neighbours', () => findOverlap(config, plan, pinning));
  const count = plan?.children.length ?? 0;
  const shares = await findings.attempt('descriptors', () => budget(config, count));
  if (!isOpen) await findings.attempt('ports', () => provePorts(config));
  const firewall =
    binary && (await findings.attempt('firewall', () => tryFirewall(config, binary, count)));
  await findings.attempt('http.dir', () => tryHttpDir(config.http.dir));
  await findings.attempt('tls', () => tryCertificate(config));
  await findings.attempt('origins', () => whoRegisters(config));
  await findings.attempt('registry', () => tryRegistry(config));
  const error = findings.error !== null;
  if (error || !binary || template === undefined || !plan || !shares) {
    return { findings, prepared: null, count };
  }
  await findings.attempt('live', () => liveFormats(config, template));
  const facts = { config, env, binary, template, plan, ...shares };
  const machine = { pinning: pinning ?? null, hasOverlap: overlap ?? false };
  const prepared = { ...facts, ...machine, firewall: firewall ?? null };
  if (count > 0) await findings.attempt('srs -t', () => tryConf(prepared));
  return { findings, prepared: findings.error === null ? prepared : null, count };
}

async function tryCertificate({ listen, tls }: Config): Promise<Outcome<null>> {
  const { cert, key } = tls;
  const names = (['rtmps', 'https', 'apiHttps'] as const).filter((name) => listen[name] !== null);
  if (names.length === 0 || cert === null || key === null) return { value: null, text: 'not used' };
  await loadCertificate({ cert, key });
  return { value: null, text: `${cert} for ${names.join(', ')}` };
}

/**
 * Lists the live formats of each vhost. SRS cannot have HTTP-TS and HLS in one vhost, so users may
 * look for either here.
 */
function liveFormats({ vhosts, hls }: Config, template: Template): Outcome<null> {
  const formats = liveMounts(template, vhosts).map(({ vhost, mount }) => {
    const format = mount?.slice(mount.lastIndexOf('.') + 1) ?? 'not by HTTP';
    const hasHls = !template.isGiven && hls.enabled && format !== 'ts';
    return `${vhost}: ${format}${hasHls ? ' and HLS' : ''}`;
  });
  return { value: null, text: formats.join(', ') };
}

async function findBinary(config: Config, env: NodeJS.ProcessEnv, root: string) {
  if (config.children.count === 0) {
    return { value: NO_BINARY, text: 'not needed: children.count is 0, origins register' };
  }
  const value = await resolveBinary(config.srs.binary, env, root);
  const isWrapper = value.kind === 'srs' && (await isScriptWithoutExec(value.path));
  const warning = `srs.binary: ${value.path} is a script without exec: write exec before SRS in it`;
  const warnings = isWrapper ? [warning] : [];
  return { value, text: `${value.kind} ${value.version}, ${value.path}`, warnings };
}

function planChildren({ cpu, children }: Config): Outcome<CpuPlan> {
  const topology = readTopology();
  const { reserve, smt } = cpu;
  const value = planCpus(topology, { count: children.count, reserve, smt });
  const kept = value.reserved.length > 0 ? formatCpuList(value.reserved) : 'none';
  const { quota } = topology;
  const time = quota === null ? '' : `; the cgroup allows ${quotaText(quota)} of time`;
  const text = `${plural(value.children.length, 'child', 'children')}; CPUs kept for the supervisor: ${kept}${time}`;
  return { value, text, warnings: [...topology.warnings, ...value.warnings] };
}

/**
 * Checks pinning; null: children are not pinned. With `on` an obstacle is a failure, with `auto` a
 * warning.
 */
async function tryPinning({ cpu: { pin }, children }: Config): Promise<Outcome<Pinning | null>> {
  if (children.count === 0) return { value: null, text: 'no children to pin' };
  if (pin === 'off') return { value: null, text: 'off: children run where the kernel puts them' };
  const answer = await canPin();
  if (answer.ok) return { value: PINNING, text: 'works' };
  if (pin === 'on') {
    const mend = 'give the process that right, or set cpu.pin to auto';
    throw new SupervisorError('ERR_CONFIG', `cpu.pin: on, but ${answer.reason}; ${mend}`);
  }
  const warnings = [`children run unpinned: ${answer.reason}`];
  return { value: null, text: null, warnings };
}

/** Checks whether another supervisor on this machine has pinned its children to CPUs of ours. */
async function findOverlap(
  { workDir }: Config,
  plan: CpuPlan | undefined,
  pinning: Pinning | null | undefined,
): Promise<Outcome<boolean>> {
  const warning = plan && pinning ? await overlapWithOthers(workDir, plan) : null;
  if (warning !== null) return { value: true, text: null, warnings: [warning] };
  return { value: false, text: 'no children of other supervisors on these CPUs' };
}

async function budget(config: Config, childCount: number): Promise<Outcome<DescriptorBudget>> {
  const value = connectionBudget(config, childCount, await fileLimit());
  const { connections, connectionsPerIp } = value;
  const each = connectionsPerIp === 0 ? 'any number' : `${connectionsPerIp}`;
  const text = `enough for ${connections} client connections, ${each} from one address`;
  return { value, text };
}

/** Checks that the configured registry can be used. */
async function tryRegistry({ registry, cluster }: Config): Promise<Outcome<null>> {
  if (registry === 'memory') return { value: null, text: 'memory' };
  const { sentinelAuth } = cluster;
  const { version, close } = await connectRedis(registry, { sentinelAuth });
  close();
  const text = `Redis ${version} at ${redact(registry)}`;
  if (cluster.secret !== null) return { value: null, text };
  const warning = 'cluster.secret is not set: boxes do not relay for each other';
  return { value: null, text, warnings: [warning] };
}
