import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import { SupervisorError } from '../../src/errors.js';
import type { Failure } from '../../src/listener/failure.js';
import { HoldBudget } from '../../src/listener/hold-budget.js';
import { HeldPlayers } from '../../src/listener/rtmp/held-players.js';
import { NativeEngine } from '../../src/relay/native/engine.js';
import { PortableEngine } from '../../src/relay/portable/tcp.js';
import { NO_HOOKS } from '../helpers/held-hooks.js';
import { recordLog } from '../helpers/log-lines.js';
import { offerText } from '../helpers/sdp.js';
import { Acceptor } from '../helpers/sockets.js';
import { RtmpClient } from '../origin/rtmp-client.js';
import { Rig as HttpRig } from './http/rig.js';
import { C001, CHILD_HANDSHAKE, encoded, Rig as RtmpRig, result, status } from './rtmp/rig.js';
import { SrtRig } from './srt/rig.js';
import { Rig as RtcRig } from './webrtc/rig.js';

/** A failure of our own side, and its answer in each protocol. */
interface Fault {
  readonly what: string;
  readonly failure: Extract<Failure, 'registry' | 'internal'>;
  readonly make: () => Error;
  readonly told: string;
  readonly httpStatus: number;
  readonly srtType: number;
}

const SECRET = '10.1.2.3:6379';
const FAULTS: readonly Fault[] = [
  {
    what: 'a registry that is away',
    failure: 'registry',
    make: () => new SupervisorError('ERR_REGISTRY_AWAY', `registry: ${SECRET} does not answer`),
    told: 'the registry of streams does not answer now',
    httpStatus: 503,
    srtType: 2503,
  },
  {
    what: 'a registry that cannot be read',
    failure: 'registry',
    make: () => new SupervisorError('ERR_REGISTRY', `registry: ${SECRET} is not of our version`),
    told: 'the registry of streams does not answer now',
    httpStatus: 503,
    srtType: 2503,
  },
  {
    what: 'a bug',
    failure: 'internal',
    make: () => new TypeError(`${SECRET} is not a function`),
    told: 'internal error of the server',
    httpStatus: 500,
    srtType: 2500,
  },
  {
    what: 'an error that nobody foresaw',
    failure: 'internal',
    make: () => new Error(SECRET),
    told: 'internal error of the server',
    httpStatus: 500,
    srtType: 2500,
  },
];

let kinds = 0;

/** A router that fails, from a place of its own: the log has one line a minute for each place. */
function failing({ make }: Fault) {
  const error = make();
  kinds += 1;
  error.stack = `${error.name}: ${error.message}\n    at router${kinds} (test)`;
  return { error, route: () => Promise.reject(error) };
}

function isOneError(lines: readonly Record<string, unknown>[], { stack }: Error): void {
  const errors = lines.filter((line) => line.stack !== undefined);
  assert.equal(errors.length, 1, JSON.stringify(lines));
  assert.equal(errors[0]?.stack, stack);
  assert.match(String(errors[0]?.msg), /: (see that the registry answers|please report it)$/);
}

for (const fault of FAULTS) {
  describe(`${fault.what}`, { timeout: 60_000 }, () => {
    let close: () => Promise<void> = async () => {};
    afterEach(() => close());

    for (const server of ['node', 'threads'] as const) {
      for (const role of ['publish', 'play'] as const) {
        it(`fails an RTMP client that wants to ${role} (${server})`, async () => {
          const { error, route } = failing(fault);
          const { logger, lines } = recordLog('info');
          const rig = new RtmpRig(server, { route, logger });
          close = () => rig.close();
          await rig.listener.start();
          for (let count = 1; count <= 2; count += 1) {
            const client = await RtmpClient.open(rig.port);
            const closed = once(client.socket, 'close');
            client[role]('rtmp://127.0.0.1/live', 'cam');
            const name = role === 'publish' ? 'Publish' : 'Play';
            await client.hears(`NetStream.${name}.Failed`);
            const texts = client.heard.map(({ payload }) => payload.toString('latin1'));
            assert.ok(texts.some((text) => text.includes(fault.told)));
            await closed;
            await rig.failed(fault.failure, count);
          }
          await rig.empties();
          isOneError(lines, error);
        });
      }
    }

    for (const server of ['node', 'threads'] as const) {
      it(`fails an RTMP player that would have to wait (${server})`, async () => {
        const { error, route } = failing(fault);
        const { logger, lines } = recordLog('info');
        const held = new HeldPlayers({
          knows: () => true,
          whenPublishing: route,
          route,
          hooks: NO_HOOKS,
          budget: new HoldBudget({ heldPlayers: 10, heldPlayersPerIp: 10 }),
        });
        const rig = new RtmpRig(server, { held, logger });
        close = () => rig.close();
        await rig.listener.start();
        const client = await RtmpClient.open(rig.port);
        client.play('rtmp://127.0.0.1/live', 'cam');
        await client.hears('NetStream.Play.Failed');
        await client.ends();
        await rig.failed(fault.failure, 1);
        await rig.empties();
        isOneError(lines, error);
      });
    }

    for (const engine of ['portable', 'native'] as const) {
      it(`fails a player of HTTP-FLV (${engine})`, async () => {
        const { error, route } = failing(fault);
        const { logger, lines } = recordLog('info');
        const own = engine === 'native' ? new NativeEngine({ threads: 1 }) : new PortableEngine();
        const rig = await HttpRig.open(own, { route, logger });
        close = () => rig.close();
        await ask(rig, fault);
        await ask(rig, fault);
        assert.equal(rig.listener.summary().counters.failed[fault.failure], 2);
        isOneError(lines, error);
      });

      it(`fails one that waited for its stream (${engine})`, async () => {
        const { error, route } = failing(fault);
        const { logger, lines } = recordLog('info');
        const own = engine === 'native' ? new NativeEngine({ threads: 1 }) : new PortableEngine();
        const rig = await HttpRig.open(own, { whenPublished: route, logger });
        close = () => rig.close();
        await ask(rig, fault);
        assert.equal(rig.listener.summary().counters.failed[fault.failure], 1);
        isOneError(lines, error);
      });

      it(`refuses an SRT caller (${engine})`, async () => {
        const { error, route } = failing(fault);
        const { logger, lines } = recordLog('info');
        const rig = new SrtRig(engine, { route, logger });
        close = () => rig.close();
        await rig.start();
        const caller = await rig.caller();
        for (const id of [1, 2])
          assert.equal((await caller.call(id, 'live/s')).type, fault.srtType);
        await rig.empties();
        assert.equal(rig.listener.counters.failed[fault.failure], 2);
        isOneError(lines, error);
      });

      it(`refuses WHIP, WHEP and the older API (${engine})`, async () => {
        const { error } = failing(fault);
        const { logger, lines } = recordLog('info');
        const rig = new RtcRig(engine, undefined, logger);
        rig.fault = () => error;
        close = () => rig.close();
        await rig.start();
        for (const [path, direction] of [
          ['whip', 'sendonly'],
          ['whep', 'recvonly'],
        ] as const) {
          const response = await fetch(`${rig.url}/rtc/v1/${path}/?app=live&stream=s`, {
            method: 'POST',
            body: offerText(direction),
          });
          assert.equal(response.status, fault.httpStatus);
          assert.equal(await response.text(), `${fault.told}\n`);
          const isLater = response.headers.get('retry-after') !== null;
          assert.equal(isLater, fault.httpStatus === 503);
        }
        const older = await fetch(`${rig.url}/rtc/v1/play/`, {
          method: 'POST',
          body: JSON.stringify({ streamurl: 'webrtc://a/live/s', sdp: offerText('recvonly') }),
        });
        const code = fault.httpStatus;
        assert.deepEqual(await older.json(), { code, data: { reason: fault.told } });
        const { counters, connections } = rig.sessions.summary();
        assert.equal(counters.failed[fault.failure], 3);
        assert.equal(connections, 0);
        isOneError(lines, error);
      });
    }
  });
}

async function ask(rig: HttpRig, { httpStatus, told }: Fault): Promise<void> {
  const client = await rig.client('GET /live/x.flv HTTP/1.1\r\nHost: box\r\n\r\n');
  await client.ends();
  assert.ok(client.text.startsWith(`HTTP/1.1 ${httpStatus} `), client.text);
  assert.ok(client.text.endsWith(`\r\n\r\n${told}\n`), client.text);
  assert.equal(client.text.includes('Retry-After: 1\r\n'), httpStatus === 503);
  await rig.empties();
}

describe('a bug on the way to a child', { timeout: 60_000 }, () => {
  it('is no fault of the child, and is not tried again', async () => {
    const rig = new RtmpRig('node', {
      join: () => {
        throw new TypeError('a bug');
      },
    });
    const child = await Acceptor.open();
    try {
      rig.ways = [{ port: child.port, owner: C001 }];
      await rig.listener.start();
      const client = await RtmpClient.open(rig.port);
      client.play('rtmp://127.0.0.1/live', 'cam');
      const accepted = await child.next();
      const answers = encoded(result(1), result(2, null, 1), status('NetStream.Play.Start'));
      accepted.resume().write(Buffer.concat([CHILD_HANDSHAKE, answers]));
      await client.ends();
      await rig.failed('internal', 1);
      assert.equal(rig.asked.length, 1);
      assert.equal(rig.released, 1);
    } finally {
      await rig.close();
      await child.close();
    }
  });
});
