import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Container, Secret, Service, ServicePort } from 'kubernetes-types/core/v1.js';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { ROOT } from '../helpers/paths.js';

const FOLDER = join(ROOT, 'examples/cluster/k8s');
const TYPES = join(ROOT, 'node_modules/kubernetes-types');
/** Where Kubernetes' own schemas, as types, describe what we use. */
const SCHEMAS = new Map([
  ['apps/v1 Deployment', 'apps/v1'],
  ['v1 Secret', 'core/v1'],
  ['v1 Service', 'core/v1'],
]);
const STRICT = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--types', ''];

type Manifest = Deployment | Service | Secret;

async function manifests(): Promise<Manifest[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.map((name) => readFile(join(FOLDER, name), 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((doc) => doc.toJS() as Manifest));
}

/**
 * Complaints of the compiler about the manifests as literals of Kubernetes' types: unknown fields
 * are errors.
 */
async function complaints(found: readonly Manifest[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'srs-supervisor-k8s-'));
  const lines = found.map((manifest, at) => {
    const name = `${manifest.apiVersion} ${manifest.kind}`;
    const type = `import('${join(TYPES, SCHEMAS.get(name) ?? `unknown ${name}`)}').${manifest.kind}`;
    return `export const manifest${at}: ${type} = ${JSON.stringify(manifest)};`;
  });
  const file = join(folder, 'manifests.ts');
  try {
    await writeFile(file, lines.join('\n'));
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    return spawnSync(tsc, [...STRICT, file], { cwd: folder, encoding: 'utf8' }).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const all = await manifests();
const deployments = all.filter(({ kind }) => kind === 'Deployment') as Deployment[];
const services = all.filter(({ kind }) => kind === 'Service') as Service[];

function containersOf({ spec }: Deployment): Container[] {
  return spec?.template.spec?.containers ?? [];
}

test('every manifest has the form of its kind', async () => {
  assert.ok(deployments.length === 2 && services.length === 3);
  assert.equal(await complaints(all), '');
});

test('a manifest of another form is told of', async () => {
  const [redis] = structuredClone(services);
  assert.ok(redis?.spec);
  Object.assign(redis.spec, { prots: [] });
  assert.match(await complaints([redis]), /prots.* does not exist in type 'ServiceSpec'/);
  Object.assign(redis, { spec: { ports: [{ port: 'http' }] } });
  assert.match(await complaints([redis]), /Type 'string' is not assignable to type 'number'/);
});

test('every service leads to a port of some pod', () => {
  for (const { spec } of services) {
    const labels = deployments.map(
      (deployment) => deployment.spec?.template.metadata?.labels ?? {},
    );
    const isWanted = (_: unknown, at: number) =>
      Object.entries(spec?.selector ?? {}).every(([name, value]) => labels[at]?.[name] === value);
    const pods = deployments.filter(isWanted);
    const open = pods.flatMap(containersOf).flatMap(({ ports = [] }) => ports);
    const isOpen = ({ port, protocol = 'TCP' }: ServicePort) =>
      open.some((own) => own.containerPort === port && (own.protocol ?? 'TCP') === protocol);
    assert.deepEqual([pods.length, spec?.ports?.filter((port) => !isOpen(port))], [1, []]);
  }
});

test('every deployment selects its own pods', () => {
  for (const { spec } of deployments) {
    assert.deepEqual(spec?.selector.matchLabels, spec?.template.metadata?.labels);
  }
});

test('the boxes are set by variables that we have, and open the ports that they name', async () => {
  const box = deployments.flatMap(containersOf).find(({ name }) => name === 'srs-supervisor');
  assert.deepEqual(box?.args?.slice(0, 1), ['run']);
  const secrets = all.filter(({ kind }) => kind === 'Secret') as Secret[];
  const env = (box?.env ?? []).map(({ name, value, valueFrom }) => {
    const { name: from, key = '' } = valueFrom?.secretKeyRef ?? {};
    const secret = secrets.find(({ metadata }) => metadata?.name === from)?.stringData?.[key];
    return [name, value ?? secret ?? (valueFrom?.fieldRef && '10.0.0.11')];
  });
  const { listen, registry } = await loadConfig({ env: Object.fromEntries(env) });
  const bound = Object.values(listen).map((address) => address?.port);
  const named = box?.ports?.map(({ containerPort }) => containerPort) ?? [];
  assert.deepEqual(
    named.filter((port) => !bound.includes(port)),
    [],
  );
  const { hostname, port } = new URL(registry);
  const redis = services.find(({ metadata }) => metadata?.name === hostname);
  assert.equal(redis?.spec?.ports?.[0]?.port, Number(port));
});
