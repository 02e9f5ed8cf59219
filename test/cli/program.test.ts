import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProgram, type CliActions, parseArguments } from '../../src/cli/program.js';
import { SupervisorError } from '../../src/errors.js';

/** Commands that the command line called, with their options. */
type Asked = [string, unknown][];

function program(asked: Asked, print: (text: string) => void = () => {}) {
  const note = (name: string) => (options: unknown) =>
    void asked.push([name, { ...(options as object) }]);
  const actions: CliActions = {
    run: note('run'),
    check: note('check'),
    prove: note('prove'),
    plan: note('plan'),
    status: note('status'),
    children: note('children'),
    streams: note('streams'),
    top: note('top'),
    clients: note('clients'),
    unit: note('unit'),
    sign: async (stream, options) => void asked.push(['sign', { stream, ...options }]),
    events: async (order, options) => void asked.push(['events', { ...order, ...options }]),
    logs: async (order, options) => void asked.push(['logs', { ...order, ...options }]),
    upgrade: async (order, options) => void asked.push(['upgrade', { ...order, ...options }]),
    reload: async (order, options) => void asked.push(['reload', { ...order, ...options }]),
    order: async (order, options) => void asked.push([order.kind, { ...order, ...options }]),
  };
  const built = buildProgram(actions, '1.2.3');
  for (const command of [built, ...built.commands]) command.configureOutput({ writeOut: print });
  return built;
}

async function parse(...args: string[]): Promise<Asked> {
  const asked: Asked = [];
  await parseArguments(program(asked), args);
  return asked;
}

test('names the command and its options', async () => {
  assert.deepEqual(await parse('run'), [['run', { pin: true }]]);
  const all = 'run -c f --children 3 --srs s --workdir w --rtmp 1 --http 2 --api 3 --rtc 4 --srt 5';
  const rest = '--admin 6 --registry memory --relay native --no-pin --log-level debug --demo';
  assert.deepEqual(await parse(...`${all} ${rest}`.split(' ')), [
    [
      'run',
      {
        ...{ config: 'f', children: '3', srs: 's', workdir: 'w', rtmp: '1', http: '2', api: '3' },
        ...{ rtc: '4', srt: '5', admin: '6', registry: 'memory', relay: 'native', pin: false },
        ...{ logLevel: 'debug', demo: true },
      },
    ],
  ]);
  assert.deepEqual(await parse('check', '--config=f'), [['check', { config: 'f', pin: true }]]);
  assert.deepEqual(await parse('plan', '--sysroot', '/s', '--children', '4', '--json'), [
    ['plan', { sysroot: '/s', children: '4', json: true }],
  ]);
  for (const name of ['status', 'children', 'streams', 'clients']) {
    assert.deepEqual(await parse(name, '--json', '--admin', '1'), [
      [name, { json: true, admin: '1' }],
    ]);
  }
  const ordered = 'streams --child c003 --sort bitrate --reverse -n 5 --watch';
  assert.deepEqual(await parse(...ordered.split(' ')), [
    ['streams', { child: 'c003', sort: 'bitrate', reverse: true, limit: '5', watch: true }],
  ]);
  assert.deepEqual(await parse('status', '--watch', '5'), [['status', { watch: '5' }]]);
  assert.deepEqual(await parse('restart', 'c003', '--timeout', '5', '--admin', '1'), [
    ['restart', { child: 'c003', timeout: '5', admin: '1', kind: 'restart' }],
  ]);
  assert.deepEqual(await parse('restart', '--all', '--parallel', '4', '--from', 'c003'), [
    ['restart-all', { kind: 'restart-all', parallel: '4', from: 'c003', all: true }],
  ]);
  assert.deepEqual(await parse('drain', 'c003', '--wait'), [
    ['drain', { kind: 'drain', child: 'c003', wait: true }],
  ]);
  assert.deepEqual(await parse('sign', 'live/cam', '--role', 'play', '--address', '::1'), [
    ['sign', { stream: 'live/cam', role: 'play', for: '1h', address: '::1' }],
  ]);
  assert.deepEqual(await parse('unit', '-c', '/f', '--user', 'srs'), [
    ['unit', { config: '/f', user: 'srs' }],
  ]);
});

const MISTAKES: readonly [string, string][] = [
  [
    '',
    'name a command: run, check, plan, status, children, streams, clients, top, drain, undrain, restart, scale, kick, logs, events, upgrade, reload, job, sign, unit; or --help',
  ],
  ['rnu', "unknown command 'rnu' (Did you mean run?); see srs-supervisor --help"],
  ['--frob', "unknown option '--frob'; see srs-supervisor --help"],
  ['run --rtpm 1', "unknown option '--rtpm' (Did you mean --rtmp?); see srs-supervisor --help"],
  ['run --rtmp', "option '--rtmp <address>' argument missing; see srs-supervisor --help"],
  [
    'run now',
    "too many arguments for 'run'. Expected 0 arguments but got 1; see srs-supervisor --help",
  ],
  ['restart', 'restart: name one child, or --all'],
  ['restart c003 --all', 'restart: name one child, or --all'],
  ['restart c003 --parallel 2', '--parallel and --from: need --all'],
  ['drain c003 --timeout 5', '--timeout: needs --wait'],
  ['status --demo', "unknown option '--demo'; see srs-supervisor --help"],
];

test('a mistake is one line and exit code 2', async () => {
  for (const [line, message] of MISTAKES) {
    const error: unknown = await parse(...line.split(' ').filter(Boolean)).catch((e) => e);
    assert.ok(error instanceof SupervisorError, line);
    assert.deepEqual([error.message, error.exitCode], [message, 2]);
  }
});

test('help and version are printed and run nothing', async () => {
  for (const args of [['--help'], ['-h'], ['help'], ['help', 'run'], ['run', '--help'], ['-V']]) {
    const asked: Asked = [];
    const printed: string[] = [];
    const built = program(asked, (text) => void printed.push(text));
    await parseArguments(built, args);
    assert.deepEqual(asked, []);
    assert.match(printed.join(''), args[0] === '-V' ? /^1\.2\.3\n$/ : /^Usage: srs-supervisor/);
  }
});

test('an error of a command comes through as it is', async () => {
  const built = program([]);
  const failure = new SupervisorError('ERR_ADMIN', 'nobody there');
  built.commands[0]?.action(() => Promise.reject(failure));
  await assert.rejects(parseArguments(built, ['run']), failure);
});
