import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DUMPS } from '../cpu/dumps.js';
import { cli, type Ended, type Surroundings } from '../helpers/cli.js';
import { playFrames } from '../helpers/media.js';
import { ROOT } from '../helpers/paths.js';
import { freePort } from '../helpers/ports.js';
import { NO_SRS, SRS_BINARY } from '../helpers/srs.js';
import { RunningSupervisor } from '../helpers/supervisor.js';
import { until } from '../helpers/until.js';

const MINI = join(ROOT, 'srs-bin/mini-srs');

/** Asserts one line for people on stderr, and answers it. */
function onlyLine({ stderr, stdout }: Ended): string {
  assert.equal(stdout, '');
  // Other supervisors may run on this machine, which is worth a warning.
  const said = stderr.replace(/^\{.*another supervisor.*\}\n/gm, '');
  assert.match(said, /^srs-supervisor: [^\n]+\n$/);
  assert.doesNotMatch(said, /\n +at /);
  return said.slice('srs-supervisor: '.length).trimEnd();
}

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'srs-cli-e2e-'));
});
after(() => rm(folder, { recursive: true, force: true }));

/** A bad start: what is written where, what is said, and what is answered. */
interface Mistake {
  readonly args?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly files?: number;
  /** Text of `bad.yaml`, which is then the config. */
  readonly yaml?: string;
  /** Text of `bad.conf`, which is then the template. */
  readonly template?: string;
  readonly skip?: string | false;
  readonly says: RegExp;
}

const MISTAKES: Readonly<Record<string, Mistake>> = {
  'an unknown key': {
    yaml: 'listen:\n  rtmpp: 1935\n',
    says: /bad\.yaml:2: listen\.rtmpp: unknown key, did you mean listen\.rtmp\?$/,
  },
  'a value of the wrong type': {
    yaml: 'children: { maxConnections: [1] }',
    says: /bad\.yaml:1: children\.maxConnections: must be a whole number 1-1000000, got \[1\]$/,
  },
  'a port out of range': {
    args: '--rtmp 70000',
    says: /^--rtmp: listen\.rtmp: must be a port 0-65535, .*got "70000"$/,
  },
  'a wrong value in the environment': {
    env: { SRS_SUPERVISOR_LIMITS_CONNECTIONS: 'many' },
    says: /^environment SRS_SUPERVISOR_LIMITS_CONNECTIONS: limits\.connections: .*, got "many"$/,
  },
  'two listeners on one port': {
    args: '--rtmp 1999 --admin 1999',
    says: /^--admin: listen\.admin: must have a port of its own, got .*1999", and listen\.rtmp is/,
  },
  'a template that SRS rejects': {
    args: `--srs ${SRS_BINARY}`,
    template: 'vhost __defaultVhost__ { frob on; }',
    skip: NO_SRS,
    says: /^srs\.template: \S+bad\.conf: srs 7\S+ refuses it: .*illegal vhost\.frob$/,
  },
  'a template that mini-srs rejects': {
    template: 'vhost __defaultVhost__ { frob on; }',
    says: /^srs\.template: \S+bad\.conf: mini-srs 7\S+ refuses it: .*illegal vhost\.frob$/,
  },
  'a template with include': {
    template: 'listen 1935;\ninclude more.conf;',
    says: /^srs\.template: \S+bad\.conf: line 2: 'include more\.conf' cannot be used: put/,
  },
  'a template cut off': {
    template: 'vhost a {\n',
    says: /^srs\.template: \S+bad\.conf: line 2: unexpected end of the file$/,
  },
  'a template that is not there': {
    env: { SRS_SUPERVISOR_SRS_TEMPLATE: 'nope.conf' },
    says: /^srs\.template: nope\.conf: cannot read it: no such file$/,
  },
  'a program that is not there': {
    args: '--srs ./nope',
    says: /^srs\.binary: \S+\/nope: no executable file: set srs\.binary to an SRS program/,
  },
  'a program that is no SRS': {
    args: '--srs ./no-srs',
    says: /^srs\.binary: \S+\/no-srs: '-v' gave no version \(exit code 3\): set srs\.binary/,
  },
  'too few descriptors to load the program': {
    files: 60,
    says: /^ulimit -n is 60, too low to load the program; raise it to \d+ or more$/,
  },
  'hardly any descriptor': {
    files: 24,
    says: /^ulimit -n is 24, too low to load the program; raise it to \d+ or more$/,
  },
  'too few descriptors for a child': {
    files: 256,
    says: /^children\.maxConnections: .*got 1000, .*ulimit -n is 256; .*ulimit -n 1385/,
  },
  'too few descriptors for the clients': {
    files: 2000,
    env: { SRS_SUPERVISOR_LIMITS_CONNECTIONS: '5000' },
    says: /^limits\.connections: .*got 5000, .*where ulimit -n is 2000; lower it, or run/,
  },
  'a config that is not there': {
    args: '-c nope.yaml',
    says: /^nope\.yaml: cannot read the config: no such file; name a YAML file with -c$/,
  },
  'a config that is no YAML': {
    yaml: 'listen:\n  rtmp: [1935\nlog: {',
    says: /bad\.yaml:3: not valid YAML: ./,
  },
  'an unknown flag': {
    args: '--rtpm 1935',
    says: /^unknown option '--rtpm' \(Did you mean --rtmp\?\); see srs-supervisor --help$/,
  },
  'a work directory that cannot be made': {
    args: '--workdir ./no-srs/run',
    says: /^workDir: cannot use \S+no-srs\/run: a part of that path is a file, .*; set workDir/,
  },
};

describe('a start that cannot be', { timeout: 120_000 }, () => {
  let usual: string[];

  before(async () => {
    const [rtmp, admin] = [await freePort(), await freePort()];
    usual = ['--rtmp', `${rtmp}`, '--admin', `127.0.0.1:${admin}`, '--children', '2'];
    usual.push('--srs', MINI, '--workdir', join(folder, 'run'));
    await writeFile(join(folder, 'no-srs'), '#!/bin/sh\nexit 3\n');
    await chmod(join(folder, 'no-srs'), 0o755);
  });

  async function fails(args: readonly string[], around: Surroundings = {}): Promise<string> {
    const ended = await cli(['run', ...args], { cwd: folder, ...around });
    const line = onlyLine(ended);
    assert.equal(ended.code, 2, line);
    // Whatever a child needs is written there first.
    assert.ok(!existsSync(join(folder, 'run')), 'no child was prepared');
    return line;
  }

  for (const [what, mistake] of Object.entries(MISTAKES)) {
    it(`because of ${what}`, { skip: mistake.skip ?? false }, async () => {
      const { args = '', env = {}, files, yaml, template, says } = mistake;
      const [config, conf] = [join(folder, 'bad.yaml'), join(folder, 'bad.conf')];
      if (yaml !== undefined) await writeFile(config, yaml);
      if (template !== undefined) await writeFile(conf, template);
      const line = await fails(
        [...usual, ...(yaml ? ['-c', config] : []), ...args.split(' ').filter(Boolean)],
        {
          env: { ...env, ...(template ? { SRS_SUPERVISOR_SRS_TEMPLATE: conf } : {}) },
          ...(files === undefined ? {} : { files }),
        },
      );
      assert.match(line, says);
    });
  }

  it('because a port is taken', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      assert.equal(
        await fails([...usual, '--rtmp', `${port}`]),
        `listen.rtmp: cannot listen on ${port}: the port is taken; stop what holds it, or choose another`,
      );
      assert.match(
        await fails([...usual, '--admin', `127.0.0.1:${port}`]),
        /^listen\.admin: cannot listen on 127\.0\.0\.1:\d+: the port is taken/,
      );
    } finally {
      server.close();
    }
  });

  it('because there is no such command, or none at all', async () => {
    const unknown = await cli(['rnu']);
    assert.equal(unknown.code, 2);
    assert.match(onlyLine(unknown), /^unknown command 'rnu' \(Did you mean run\?\)/);
    const none = await cli([]);
    assert.equal(none.code, 2);
    assert.match(onlyLine(none), /^name a command: run, check, /);
  });
});

describe('commands that need no supervisor', { timeout: 120_000 }, () => {
  it('--version and --help', async () => {
    const version = await cli(['--version']);
    assert.deepEqual([version.code, version.stderr], [0, '']);
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
    const help = await cli(['--help']);
    assert.deepEqual([help.code, help.stderr], [0, '']);
    for (const name of ['run', 'check', 'plan', 'status', 'children', 'streams', 'unit']) {
      assert.match(help.stdout, new RegExp(`^ +${name} `, 'm'));
    }
  });

  it('check passes, and otherwise says all that fails', async () => {
    const ports = ['--rtmp', `${await freePort()}`, '--admin', `${await freePort()}`];
    const good = await cli(['check', ...ports, '--children', '2', '--srs', MINI]);
    assert.deepEqual([good.code, good.stderr], [0, ''], good.stdout);
    assert.doesNotMatch(good.stdout, /FAIL/);
    assert.match(good.stdout, /^ok +srs -t /m);

    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const conf = join(folder, 'include.conf');
    await writeFile(conf, 'include more.conf;');
    const bad = await cli(['check', '--rtmp', `${port}`, '--srs', './nope'], {
      env: { SRS_SUPERVISOR_SRS_TEMPLATE: conf, SRS_SUPERVISOR_LIMITS_CONNECTIONS: '900000' },
      files: 4096,
    });
    server.close();
    assert.deepEqual([bad.code, bad.stderr], [2, '']);
    const failed = [...bad.stdout.matchAll(/^FAIL +(\S+)/gm)].map(([, check]) => check);
    assert.deepEqual(failed, ['srs', 'template', 'descriptors', 'ports']);
    assert.match(bad.stdout, /^ok +cpus /m);
  });

  it('check says why SRS rejects a template', { skip: NO_SRS }, async () => {
    const conf = join(folder, 'rejected.conf');
    await writeFile(conf, 'frob on;');
    const ports = ['--rtmp', `${await freePort()}`, '--admin', `${await freePort()}`];
    const env = { SRS_SUPERVISOR_SRS_TEMPLATE: conf };
    const { code, stdout } = await cli(['check', ...ports, '--srs', SRS_BINARY], { env });
    assert.equal(code, 2);
    assert.match(
      stdout,
      /^FAIL +srs -t +srs\.template: \S+rejected\.conf: .*illegal directive frob$/m,
    );
  });

  it('plan, as text and as JSON', async () => {
    const text = await cli(['plan', '--children', '2']);
    assert.deepEqual([text.code, text.stderr], [0, '']);
    assert.match(text.stdout, /c001/);
    const json = await cli(['plan', '--children', '2', '--json']);
    assert.equal(JSON.parse(json.stdout).children.length, 2);
  });

  it('plan for another machine', { skip: !existsSync(DUMPS) && 'no topologies here' }, async () => {
    const sysroot = join(folder, 'sysroot');
    await mkdir(sysroot);
    spawnSync('tar', ['xzf', join(DUMPS, '48amd64-4pa2n6c-sparse.tar.gz'), '-C', sysroot]);
    const { code, stdout } = await cli(['plan', '--sysroot', sysroot, '--json']);
    assert.equal(code, 0);
    assert.ok(JSON.parse(stdout).children.length > 16);
    const text = await cli(['plan', '--sysroot', sysroot]);
    assert.ok(
      text.stdout.split('\n').every((line) => line.length <= 80),
      text.stdout,
    );
  });

  it('plan for a machine that is not there', async () => {
    const { code, stderr } = await cli(['plan', '--sysroot', join(folder, 'nowhere')]);
    assert.equal(code, 2);
    assert.match(stderr, /^srs-supervisor: --sysroot: .*nowhere has no folder sys; [^\n]*\n$/);
  });

  it('unit, which systemd accepts', async (t) => {
    if (spawnSync('systemd-analyze', ['--version']).status !== 0) return t.skip('no systemd');
    const config = join(folder, 'unit.yaml');
    await writeFile(config, 'listen: { rtmp: 935 }\nworkDir: /var/lib/media\n');
    const { code, stdout } = await cli(['unit', '-c', config, '--user', 'root']);
    assert.match(stdout, /^AmbientCapabilities=CAP_NET_ADMIN CAP_NET_BIND_SERVICE$/m);
    assert.match(stdout, /^ReadWritePaths=\/var\/lib\/media$/m);
    assert.equal(code, 0);
    const path = join(folder, 'srs-supervisor.service');
    await writeFile(path, stdout);
    const verdict = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    assert.doesNotMatch(verdict.stderr, /srs-supervisor\.service/);
    assert.equal(verdict.status, 0, verdict.stderr);
  });

  it('unit refuses what cannot serve', async () => {
    const [config, key] = [join(folder, 'tls.yaml'), join(folder, 'unit-key.pem')];
    await writeFile(key, 'a key', { mode: 0o600 });
    await writeFile(config, `listen: { https: 8443 }\ntls: { cert: ${config}, key: ${key} }\n`);
    const refused: [string[], RegExp][] = [
      [['-c', '/nope.yaml'], /^\/nope\.yaml: cannot read the config: no such file/],
      [['-c', config], /^unit: tls\.key: \S+: a user that systemd makes up cannot read it; chgrp/],
      [['--user', 'nobody-here'], /^unit: --user: no user nobody-here on this machine; make/],
    ];
    for (const [args, says] of refused) {
      const ended = await cli(['unit', ...args]);
      assert.equal(ended.code, 2);
      assert.match(onlyLine(ended), says);
    }
  });

  it('queries where none runs', async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    for (const name of ['status', 'children', 'streams']) {
      const ended = await cli([name, '--admin', admin]);
      assert.equal(ended.code, 1);
      assert.match(onlyLine(ended), new RegExp(`^no supervisor answers at ${admin}: start one `));
    }
  });
});

/** Prints what systemd would be told: one datagram a line or more. */
const NOTIFIED = `
import os, socket, sys
told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
told.bind(sys.argv[1])
while True:
    print(told.recv(4096).decode(), flush=True)
`;
const NO_NOTIFY =
  ['python3', 'systemd-notify'].some((program) => spawnSync(program, ['--version']).error) &&
  'needs python3 and systemd-notify';

describe('a first run', { timeout: 180_000 }, () => {
  let supervisor: RunningSupervisor;
  let systemd: ChildProcess | null = null;
  let told = '';

  before(async () => {
    const socket = join(folder, 'notify');
    if (!NO_NOTIFY) {
      const child = spawn('python3', ['-c', NOTIFIED, socket], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      child.stdout.on('data', (text) => {
        told += text;
      });
      systemd = child;
      await until('the socket', () => existsSync(socket));
    }
    const text = { SRS_SUPERVISOR_LOG_FORMAT: 'text' };
    const env = NO_NOTIFY ? text : { ...text, NOTIFY_SOCKET: socket };
    supervisor = await RunningSupervisor.start({
      origin: MINI,
      children: 2,
      args: ['--demo'],
      env,
    });
  });
  after(async () => {
    await supervisor?.dispose();
    systemd?.kill();
  });

  const query = (name: string, ...more: string[]) =>
    cli([name, '--admin', `127.0.0.1:${supervisor.adminPort}`, ...more]);

  it('shows its children and what to do next', async () => {
    await until('the commands', () => supervisor.output.includes('Ctrl-C'));
    assert.match(supervisor.output, /^CHILD +STATE +CPU +RTMP +HTTP +API +PID$/m);
    assert.match(supervisor.output, /^c002 +ready /m);
    const port = supervisor.rtmpPort;
    assert.match(
      supervisor.output,
      new RegExp(`^publish +ffmpeg -re -i examples/demo.flv .*:${port}/live/test$`, 'm'),
    );
    assert.match(
      supervisor.output,
      new RegExp(`^play +ffplay rtmp://127.0.0.1:${port}/live/demo`, 'm'),
    );
  });

  it('has a stream to play', async () => {
    const viewer = playFrames(supervisor.url('live/demo'), 20);
    assert.equal(await viewer.ended, 0, viewer.errors);
  });

  it('answers status, children, streams and clients in lines that fit a terminal', async () => {
    for (const garbage of ['GET / HTTP/1.1', '\x03']) {
      const socket = connect({ port: supervisor.rtmpPort, host: '127.0.0.1' });
      socket.on('error', () => {});
      socket.end(garbage);
      await once(socket.resume(), 'close');
    }
    await supervisor.ownerOf('live/demo');
    const [status, children, streams, clients] = await Promise.all(
      ['status', 'children', 'streams', 'clients'].map((name) => query(name)),
    );
    for (const answer of [status, children, streams, clients]) {
      assert.deepEqual([answer?.code, answer?.stderr], [0, '']);
      assert.ok(
        answer?.stdout.split('\n').every((line) => line.length <= 80),
        answer?.stdout,
      );
    }
    assert.match(status?.stdout ?? '', /^state +ready, for /m);
    assert.match(status?.stdout ?? '', /^rtmp +\S+ tcp +\d+ +0 {2}1 invalid, 1 left$/m);
    assert.match(children?.stdout ?? '', /^c001 +ready /m);
    assert.match(streams?.stdout ?? '', /^live\/demo +c00\d +127\.0\.0\.1:\d+ +1 /m);
    assert.match(
      clients?.stdout ?? '',
      /^\S+ +127\.0\.0\.1:\d+ +rtmp +publish +live\/demo +c00\d /m,
    );
  });

  it('is found by its work directory alone', async () => {
    const env = { SRS_SUPERVISOR_WORK_DIR: supervisor.workDir };
    const { code, stdout, stderr } = await cli(['status'], { env });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, new RegExp(`, pid ${supervisor.pid}, `));
  });

  it('answers them as JSON', async () => {
    const parse = async (name: string) => JSON.parse((await query(name, '--json')).stdout);
    assert.equal((await parse('status')).state, 'ready');
    assert.deepEqual(
      (await parse('children')).map(({ id }: { id: string }) => id),
      ['c001', 'c002'],
    );
    assert.equal((await parse('streams'))[0].stream, '__defaultVhost__/live/demo');
  });

  it('keeps its work directory to itself', async () => {
    const ports = ['--rtmp', `${await freePort()}`, '--admin', `${await freePort()}`];
    const same = ['--workdir', supervisor.workDir, '--srs', MINI, '--children', '1'];
    const { code, stdout, stderr } = await cli(['run', ...ports, ...same, '--log-level', 'error']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.equal(
      stderr,
      `srs-supervisor: workDir: ${supervisor.workDir} is in use by pid ${supervisor.pid}: stop that supervisor, or use another workDir\n`,
    );
    const quiet = ['--log-level', 'error', '--log-format', 'json'];
    const asJson = await cli(['run', ...ports, ...same, ...quiet]);
    const { level, msg } = JSON.parse(asJson.stderr) as Record<string, string>;
    assert.deepEqual([asJson.code, level], [2, 'error']);
    assert.match(msg ?? '', /^workDir: .* is in use by pid/);
    const bad = await cli(['run', '--children', 'no', '--log-format=json']);
    assert.match(JSON.parse(bad.stderr).msg, /^--children: children\.count: must be/);
  });

  it('ends well at Ctrl-C', async () => {
    assert.equal(await supervisor.stop('SIGINT'), 0);
    assert.match(supervisor.output, /stopping: .* a second Ctrl-C/);
  });

  it('has told systemd', { skip: NO_NOTIFY }, async () => {
    await until('both', () => told.includes('READY=1') && told.includes('STOPPING=1'));
    assert.ok(told.indexOf('READY=1') < told.indexOf('STOPPING=1'));
  });
});
