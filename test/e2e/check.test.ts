import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openWorkDir, type WorkDir } from '../../src/child/workdir.js';
import { makeCertificate } from '../helpers/certificate.js';
import { cli } from '../helpers/cli.js';
import { BIN, ROOT } from '../helpers/paths.js';
import { CHILD_PORT_BASE, freePort } from '../helpers/ports.js';
import { findProgram } from '../helpers/programs.js';
import { NO_MOUNTS, smallDisk } from '../helpers/small-disk.js';
import { WarmCli } from '../helpers/warm-cli.js';

const MINI = join(ROOT, 'srs-bin/mini-srs');
/** A user who may nothing. */
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const NO_NOBODY = whyNoNobody();

/** A broken configuration; `$DIR` is the test's folder in all of its texts. */
interface Broken {
  readonly args?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly yaml?: string;
  readonly files?: number;
  readonly behind?: readonly string[];
  readonly skip?: string | false;
}

const env = (name: string, value: string): NodeJS.ProcessEnv => ({
  [`SRS_SUPERVISOR_${name}`]: value,
});
const tls = (cert: string, key: string): NodeJS.ProcessEnv => ({
  ...env('LISTEN_HTTPS', '0'),
  ...env('TLS_CERT', `$DIR/${cert}`),
  ...env('TLS_KEY', `$DIR/${key}`),
});

const BROKEN: Readonly<Record<string, Broken>> = {
  'a config that is not there': { args: '-c $DIR/nope.yaml' },
  'a directory for a config': { args: '-c $DIR' },
  'a text that is no YAML': { yaml: 'listen:\n\trtmp: 1935\n' },
  'two documents': { yaml: 'workDir: a\n---\nworkDir: b\n' },
  'an alias': { yaml: 'listen: { rtmp: *:1935 }' },
  'a list for a config': { yaml: '- listen\n' },
  'an unknown key': { yaml: 'listen:\n  rtmpp: 1935\n' },
  'a section without keys': { yaml: 'listen: 1935' },
  'a value of the wrong type': { yaml: 'children: { maxConnections: [1] }' },
  'a port out of range': { args: '--rtmp 70000' },
  'an unknown word': { args: '--relay fast' },
  'an unknown variable': { env: env('LISTN_RTMP', '1935') },
  'two listeners on one port': { args: '--rtmp 1999 --admin 1999' },
  'an admin port that is open to all': { args: '--admin 0.0.0.0:1999' },
  'changes by token, and no token': { env: env('API_CHANGES', 'token') },
  'a name without a password': { env: env('API_USERNAME', 'admin') },
  'a window shorter than its fragments': { env: env('HLS_WINDOW_SECONDS', '5') },
  'a hook that is no URL': { env: env('HOOKS_ON_PLAY', 'example.com') },
  'an origin that is none': { env: env('ORIGINS_FIXED', '10.0.0.1') },
  'a network that is none': { env: env('ORIGINS_FROM', '10.0.0.0/99') },
  'a secret that is short': { env: env('CLUSTER_SECRET', 'short') },
  'a secret whose file is not there': { env: env('CLUSTER_SECRET_FILE', '$DIR/nope') },
  'a secret whose file is a directory': { env: env('ADMIN_TOKEN_FILE', '$DIR') },
  'a registry of a kind that there is not': { args: '--registry mysql://127.0.0.1' },
  'a registry that is not there': { args: '--registry redis://127.0.0.1:1' },
  "another user's home": { args: '--workdir ~nobody/run' },
  'a work directory in /proc': { args: '--workdir /proc/srs-supervisor' },
  'a work directory below a file': { args: '--workdir $DIR/file/run' },
  'a work directory below a link in a circle': { args: '--workdir $DIR/circle/run' },
  'a work directory that is in use': { args: '--workdir $DIR/used' },
  'a work directory of another user': {
    args: '--workdir $DIR/private/run',
    behind: NOBODY,
    skip: NO_NOBODY,
  },
  'TLS without a certificate': { env: env('LISTEN_HTTPS', '0') },
  'a certificate that is not there': { env: tls('nope', 'key.pem') },
  'a key that is a directory': { env: tls('cert.pem', '.') },
  'a certificate that is none': { env: tls('file', 'key.pem') },
  'a key that is none': { env: tls('cert.pem', 'file') },
  'a key of another certificate': { env: tls('cert.pem', 'other/key.pem') },
  'a key with a passphrase': { env: tls('cert.pem', 'locked.pem') },
  'a web folder that is not there': { env: env('HTTP_DIR', '$DIR/nope') },
  'a web folder that is a file': { env: env('HTTP_DIR', '$DIR/file') },
  'a template that is not there': { env: env('SRS_TEMPLATE', '$DIR/nope.conf') },
  'a template that is a directory': { env: env('SRS_TEMPLATE', '$DIR') },
  'a template with include': { env: env('SRS_TEMPLATE', '$DIR/include.conf') },
  'a template that is cut off': { env: env('SRS_TEMPLATE', '$DIR/cut.conf') },
  'a template that SRS refuses': { env: env('SRS_TEMPLATE', '$DIR/frob.conf') },
  'a program that is not there': { args: '--srs $DIR/nope' },
  'a program that is no SRS': { args: '--srs $DIR/no-srs' },
  'a program that is a directory': { args: '--srs $DIR' },
  'too few descriptors for a child': { files: 256 },
  'too few descriptors for the clients': {
    files: 2000,
    env: env('LIMITS_CONNECTIONS', '900000'),
  },
  'a port that is taken': { args: '--rtmp $TAKEN' },
  'an admin port that is taken': { args: '--admin 127.0.0.1:$TAKEN' },
  'a UDP port that is taken': { args: '--srt $UDP' },
  'an address of another machine': { args: '--rtmp 203.0.113.9:1935' },
  'a port that only root may have': { args: '--rtmp 1023', behind: NOBODY, skip: NO_NOBODY },
  'no room for the ports of children': {
    args: '--children 200',
    env: env('CHILDREN_PORT_BASE', '65000'),
  },
  'pinning without taskset': { env: { ...env('CPU_PIN', 'on'), PATH: '$DIR/bin' } },
  'a temporary folder that is not there': { env: { TMPDIR: '$DIR/nope' } },
};

/** With these a start goes well, though `check` has something to say. */
const UNWISE: Readonly<Record<string, Broken & { readonly warns: RegExp }>> = {
  'a hook whose host has no address': {
    env: env('HOOKS_ON_DVR', 'http://nobody.invalid/dvr'),
    warns: /^warn +hooks +hooks\.on_dvr: nobody\.invalid: /m,
  },
  'a system without /proc': {
    behind: ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'],
    skip: NO_MOUNTS,
    warns: /^warn +pinning +children run unpinned: /m,
  },
  'no children, and nobody who may register': {
    args: '--children 0',
    warns: /^warn +origins +children\.count is 0 and no origin may register: /m,
  },
};

function whyNoNobody(): string | false {
  const [program = '', ...words] = [...NOBODY, process.execPath, BIN, '--version'];
  return spawnSync(program, words).status !== 0 && 'no other user can run the program here';
}

describe('check and run', { timeout: 600_000 }, () => {
  let folder: string;
  let taken: Server;
  const udp = createSocket('udp6');
  let used: WorkDir;
  let warm: WarmCli;
  let usual: string[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'srs-check-e2e-'));
    spawnSync('chmod', ['755', folder]);
    await mkdir(join(folder, 'other'));
    await makeCertificate(join(folder, 'other'), 'other');
    const { key } = await makeCertificate(folder, 'own');
    const locked = join(folder, 'locked.pem');
    const lock = ['pkcs8', '-topk8', '-in', key, '-out', locked, '-passout', 'pass:secret'];
    assert.equal(spawnSync('openssl', lock).status, 0);
    await writeFile(join(folder, 'file'), 'text\n');
    await symlink('circle', join(folder, 'circle'));
    await mkdir(join(folder, 'private'), { mode: 0o700 });
    await mkdir(join(folder, 'bin'));
    for (const name of ['sh', 'cat']) {
      await symlink(findProgram(name) ?? '', join(folder, 'bin', name));
    }
    await symlink(process.execPath, join(folder, 'bin/node'));
    await writeFile(join(folder, 'include.conf'), 'include more.conf;');
    await writeFile(join(folder, 'cut.conf'), 'vhost a {\n');
    await writeFile(join(folder, 'frob.conf'), 'frob on;');
    await writeFile(join(folder, 'no-srs'), '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    warm = new WarmCli();
    used = await openWorkDir(join(folder, 'used'));
    taken = createServer().listen(0);
    await once(taken, 'listening');
    udp.bind(0);
    await once(udp, 'listening');
    const [rtmp, admin] = [await freePort(), await freePort()];
    usual = ['--rtmp', `${rtmp}`, '--admin', `127.0.0.1:${admin}`, '--children', '1'];
    usual.push('--srs', MINI, '--workdir', join(folder, 'run'));
  });

  after(async () => {
    await warm.close();
    await used.release();
    taken.close();
    udp.close();
    await rm(folder, { recursive: true, force: true });
  });

  function filled(text: string): string {
    return text
      .replaceAll('$DIR', folder)
      .replaceAll('$TAKEN', `${(taken.address() as { port: number }).port}`)
      .replaceAll('$UDP', `${udp.address().port}`);
  }

  async function both({ args = '', env = {}, yaml, files, behind }: Broken, serves = false) {
    const config = join(folder, 'broken.yaml');
    if (yaml !== undefined) await writeFile(config, yaml);
    const words = [...usual, ...(yaml === undefined ? [] : ['-c', config])];
    words.push(
      ...args
        .split(' ')
        .filter(Boolean)
        .map((word) => filled(word)),
    );
    const variables = Object.entries(env).map(([name, value = '']) => [name, filled(value)]);
    const own = { SRS_SUPERVISOR_CHILDREN_PORT_BASE: `${CHILD_PORT_BASE}` };
    const around = {
      cwd: folder,
      env: { ...own, ...Object.fromEntries(variables) },
      ...(files === undefined ? {} : { files }),
      ...(behind === undefined ? {} : { behind }),
    };
    // A fresh process only where it matters how the process was started, or that it can be ended.
    const isPlain = files === undefined && behind === undefined && !serves;
    const order = (args: string[]) =>
      isPlain ? warm.run(args, around) : cli(args, { ...around, until: '"serving"' });
    const checked = await order(['check', ...words]);
    const kept = await readdir(folder);
    const ran = await order(['run', ...words]);
    await rm(join(folder, 'run'), { recursive: true, force: true });
    assert.ok(!kept.includes('run'), 'check left its work directory');
    return { checked, ran };
  }

  for (const [what, broken] of Object.entries(BROKEN)) {
    it(`both refuse ${what}`, { skip: broken.skip ?? false }, async () => {
      const { checked, ran } = await both(broken);
      const said = /^srs-supervisor: (.+)$/m.exec(ran.stderr)?.[1] ?? '';
      assert.deepEqual([checked.code, ran.code], [2, 2], checked.stdout + ran.stderr);
      assert.ok((checked.stdout + checked.stderr).includes(said), `${checked.stdout}\n${said}`);
      assert.match(said, /\S/);
      assert.doesNotMatch(said, /\bE[A-Z]{4,}\b|error:[0-9A-F]{6}|Invalid input|parseAll| at /);
    });
  }

  it('check says that the disk is full', { skip: NO_MOUNTS }, async (t) => {
    const { code, stdout } = await cli(['check', ...usual, '--workdir', await smallDisk(t, 16)]);
    assert.equal(code, 2);
    assert.match(stdout, /^FAIL +workDir +workDir: cannot use \S+: that disk is full; set/m);
  });

  for (const [what, { warns, ...unwise }] of Object.entries(UNWISE)) {
    it(`neither refuses ${what}`, { skip: unwise.skip ?? false }, async () => {
      const { checked, ran } = await both(unwise, true);
      assert.deepEqual([checked.code, ran.code], [0, 0], checked.stdout + ran.stderr);
      assert.match(checked.stdout, warns);
      assert.match(ran.stderr, /"msg":"serving"/);
    });
  }
});
