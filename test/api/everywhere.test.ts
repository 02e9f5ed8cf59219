import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Asked, readQuestion } from '../../src/api/asked.js';
import { Everywhere } from '../../src/api/everywhere.js';
import type { Json } from '../../src/api/json.js';
import { matchPath } from '../../src/api/mux.js';
import { silentLogger } from '../../src/logging/logger.js';
import { IDENTITY } from './rig.js';

const PATTERNS = ['vhosts/', 'streams/', 'clients/', 'summaries', 'origins', 'versions'].map(
  (name) => `/api/v1/${name}`,
);

function vhost(clients: number): Json {
  const kbps = { recv_30s: clients, send_30s: 0 };
  return {
    id: 'v',
    name: '__defaultVhost__',
    streams: 1,
    clients,
    send_bytes: 1,
    recv_bytes: 2,
    kbps,
  };
}

function stream(id: string): Json {
  return {
    id,
    name: id,
    clients: 1,
    send_bytes: 1,
    recv_bytes: 2,
    kbps: {},
    publish: { active: true },
  };
}

/** Three boxes that answer the same to everything, but for `far`. */
function boxes(here: Json, near: Json, far: string | null = null) {
  const asked: string[] = [];
  const everywhere = new Everywhere({
    identity: IDENTITY,
    here: async (question) => {
      asked.push(question);
      return { code: 0, ...here };
    },
    neighbours: {
      own: 'here',
      ask: async () =>
        new Map([
          ['near', JSON.stringify({ code: 0, ...near })],
          ['far', far],
        ]),
    },
    logger: silentLogger,
  });
  const get = async (question: string): Promise<Json | null> => {
    const read = readQuestion(question) as Asked;
    const answer = await everywhere.answer(read, matchPath(PATTERNS, read.path));
    if (answer === null) return null;
    return answer.kind === 'data'
      ? answer.data
      : { bare: true, ...(answer as { body: Json }).body };
  };
  return { asked, get };
}

const SAID = { boxes: ['here', 'near'], missing: ['far'] };

describe('one answer of all boxes', () => {
  it('joins lists, and says which box has a row and which box is missing', async () => {
    const { get, asked } = boxes({ streams: [stream('a')] }, { streams: [stream('b')] });
    assert.deepEqual(await get('GET /api/v1/streams/?count=20'), {
      streams: [
        { ...stream('a'), box: 'here' },
        { ...stream('b'), box: 'near' },
      ],
      ...SAID,
    });
    assert.deepEqual(asked, ['GET /api/v1/streams/?start=0&count=20']);
  });

  it('pages through all boxes as one', async () => {
    const rows = (from: number) => Array.from({ length: 8 }, (_, at) => ({ id: `${from + at}` }));
    const { get, asked } = boxes({ clients: rows(0) }, { clients: rows(8) });
    const { clients } = (await get('GET /api/v1/clients/?start=6&count=10')) as { clients: Json[] };
    assert.deepEqual(
      clients.map(({ id }) => id),
      ['6', '7', '8', '9', '10', '11', '12', '13', '14', '15'],
    );
    assert.deepEqual(asked, ['GET /api/v1/clients/?start=0&count=16']);
  });

  it('sums vhosts and summaries', async () => {
    const { get } = boxes({ vhosts: [vhost(2)] }, { vhosts: [vhost(3)] });
    const { vhosts } = (await get('GET /api/v1/vhosts/')) as { vhosts: Json[] };
    assert.deepEqual(
      vhosts.map(({ clients, streams }) => [clients, streams]),
      [[5, 2]],
    );
    const data = (bytes: number) => ({
      data: { ok: true, self: { cpu_percent: 1 }, system: { srs_recv_bytes: bytes, conn_srs: 2 } },
    });
    const sums = await boxes(data(10), data(20)).get('GET /api/v1/summaries');
    const { self, system } = (sums?.data ?? {}) as { self: Json; system: Json };
    assert.deepEqual([self.cpu_percent, self.pid], [2, IDENTITY.pid]);
    assert.deepEqual([system.srs_recv_bytes, system.conn_srs], [30, 4]);
  });

  it('finds what one box has, and says the code where none has it', async () => {
    const one = await boxes({ code: 2048 }, { stream: stream('b') }).get('GET /api/v1/streams/b');
    assert.deepEqual(one, { stream: { ...stream('b'), box: 'near' }, ...SAID });
    const none = await boxes({ code: 2048 }, { code: 2048 }).get('GET /api/v1/streams/c');
    assert.deepEqual(none, { bare: true, code: 2048, ...SAID });
    const kicked = await boxes({ code: 2049 }, {}).get('DELETE /api/v1/clients/x');
    assert.deepEqual(kicked, SAID);
  });

  it('takes origins from their own boxes alone', async () => {
    const streams = [{ stream: 's' }, { stream: 't', box: 'near' }];
    const all = await boxes(
      { origins: [], streams },
      { origins: [{ id: 'c001' }], streams: [] },
    ).get('GET /api/v1/origins');
    assert.deepEqual(all, {
      origins: [{ id: 'c001', box: 'near' }],
      streams: [{ stream: 's', box: 'here' }],
      ...SAID,
    });
  });

  it('leaves out a box that talks nonsense, and all that each box answers for itself', async () => {
    const { get } = boxes({ vhosts: [] }, { vhosts: [] }, 'no JSON');
    assert.deepEqual(await get('GET /api/v1/vhosts/'), { vhosts: [], ...SAID });
    assert.equal(await get('GET /api/v1/versions'), null);
    assert.equal(await get('POST /api/v1/streams/'), null);
  });
});
