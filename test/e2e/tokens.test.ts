import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SignJWT } from 'jose';
import { type SignedPermit, signToken } from '../../src/access/signed.js';
import type { AdminStatus } from '../../src/admin/types.js';
import type { Role } from '../../src/stream-key.js';
import { Cast } from '../helpers/cast.js';
import { Cluster, httpUrl } from '../helpers/cluster.js';
import { HlsViewer } from '../helpers/hls-viewer.js';
import { origins } from '../helpers/origins.js';
import { findProgram } from '../helpers/programs.js';
import { key } from '../helpers/stream-key.js';
import { LET_IN, protocolsOf, statusOf, told } from '../helpers/told.js';
import { BOUNDED } from '../helpers/until.js';

const NO_REDIS = findProgram('redis-server') === null && 'needs redis-server';
const KEY = { id: 'this-year', secret: 'a-secret-of-this-year' };
const OLD = { id: 'last-year', secret: 'a-secret-of-last-year' };
const JWT_SECRET = 'a-secret-of-more-than-32-characters';
const HERE = '127.0.0.1';
const RULES = [{ app: 'live', publish: { token: 'required' }, play: { token: 'required' } }];
const ENV = {
  SRS_SUPERVISOR_ACCESS_RULES: JSON.stringify(RULES),
  SRS_SUPERVISOR_ACCESS_KEYS: [KEY, OLD].map(({ id, secret }) => `${id}:${secret}`).join(),
  SRS_SUPERVISOR_ACCESS_JWT_SECRET: JWT_SECRET,
  SRS_SUPERVISOR_HLS_FRAGMENT_SECONDS: '1',
  SRS_SUPERVISOR_HLS_WINDOW_SECONDS: '6',
};

/** The answers to clients that are let in, and to those without a valid token. */
const ANSWERS: Readonly<Record<keyof typeof LET_IN, readonly [yes: string, no: string]>> = {
  rtmp: [LET_IN.rtmp, 'Failed'],
  srt: [LET_IN.srt, '2401'],
  whip: [LET_IN.whip, '401'],
  whep: [LET_IN.whep, '401'],
  flv: [LET_IN.flv, '401'],
  hls: [LET_IN.hls, '401'],
};

/** Two boxes; `live/cam` is published on the first one. */
class Stage {
  readonly cast = new Cast();
  readonly isSrs: boolean;
  cluster!: Cluster;
  /** Tokens that clients have shown. */
  readonly shown: string[] = [];
  #streams = 0;

  constructor(isSrs: boolean) {
    this.isSrs = isSrs;
  }

  async open(origin: string): Promise<void> {
    this.cluster = await Cluster.start({ origin, children: 1, env: ENV });
    const { supervisor } = this.cluster.a;
    this.cast.publish(`${supervisor.url('live/cam')}?token=${this.token('live/cam', 'publish')}`);
    await supervisor.ownerOf('live/cam');
  }

  async close(): Promise<void> {
    await this.cast.close();
    await this.cluster?.dispose();
  }

  /** A name that nobody has published. */
  stream(role: Role): string {
    if (role === 'play') return 'cam';
    this.#streams += 1;
    return `p${this.#streams}`;
  }

  token(stream: string, role: Role, changes: Partial<SignedPermit> = {}, by = KEY): string {
    const expires = Math.floor(Date.now() / 1000) + 600;
    const permit = { stream: key(`__defaultVhost__/${stream}`), role, expires, address: null };
    const token = signToken({ ...permit, ...changes }, by);
    this.shown.push(token);
    return token;
  }

  async jwt(claims: object): Promise<string> {
    const exp = Math.floor(Date.now() / 1000) + 600;
    const made = new SignJWT({ exp, ...claims }).setProtectedHeader({ alg: 'HS256' });
    const token = await made.sign(Buffer.from(JWT_SECRET));
    this.shown.push(token);
    return token;
  }

  protocols(role: Role) {
    return protocolsOf(role, this.isSrs);
  }
}

function failedOn(status: AdminStatus): number {
  return status.listeners.reduce((sum, { clients }) => sum + (clients?.failed.token ?? 0), 0);
}

/** Tokens that are not valid for a stream and role, by their fault. */
function faults(stage: Stage, stream: string, role: Role): Record<string, string | null> {
  const now = Math.floor(Date.now() / 1000);
  const other = role === 'publish' ? 'play' : 'publish';
  const good = stage.token(`live/${stream}`, role);
  return {
    none: null,
    wrong: `${good.slice(0, -2)}${good.endsWith('AA') ? 'BB' : 'AA'}`,
    expired: stage.token(`live/${stream}`, role, { expires: now - 120 }),
    'of another stream': stage.token('live/elsewhere', role),
    'of another vhost': stage.token('live/x', role, { stream: key(`tv.com/live/${stream}`) }),
    'of another role': stage.token(`live/${stream}`, other),
    'of another address': stage.token(`live/${stream}`, role, { address: '192.0.2.1' }),
    'of a key that is gone': stage.token(`live/${stream}`, role, {}, { ...KEY, id: 'gone' }),
  };
}

for (const origin of origins()) {
  describe(`access tokens, ${origin.name}`, { ...BOUNDED, skip: NO_REDIS }, () => {
    const stage = new Stage(origin.name === 'srs');
    /** Clients that the second box has refused. */
    let refused = 0;
    before(() => stage.open(origin.path));
    after(() => stage.close());

    for (const role of ['publish', 'play'] as const) {
      for (const protocol of stage.protocols(role)) {
        it(`refuses to ${role} by ${protocol} without a valid token, where it comes`, async () => {
          const stream = stage.stream(role);
          const [, no] = ANSWERS[protocol];
          for (const [fault, token] of Object.entries(faults(stage, stream, role))) {
            const answer = await told(stage.cluster.b, protocol, role, { stream, token });
            assert.equal(answer, no, fault);
            refused += 1;
          }
        });

        it(`lets valid ones ${role} by ${protocol}, from this box and another`, async () => {
          const [yes] = ANSWERS[protocol];
          const { a, b } = stage.cluster;
          const now = Math.floor(Date.now() / 1000);
          for (const [box, changes, by] of [
            [b, {}, KEY],
            // The clocks differ by less than the leeway.
            [a, { expires: now - 30 }, KEY],
            [a, {}, OLD],
            [a, { address: HERE }, KEY],
          ] as const) {
            const stream = stage.stream(role);
            const token = stage.token(`live/${stream}`, role, changes, by);
            assert.equal(await told(box, protocol, role, { stream, token }), yes);
          }
        });

        it(`lets JWTs of their stream and role ${role} by ${protocol}`, async () => {
          const [yes, no] = ANSWERS[protocol];
          const stream = stage.stream(role);
          const claims = { stream: ['live/other', `live/${stream}`], role };
          const faulty = { ...claims, exp: Math.floor(Date.now() / 1000) - 120 };
          for (const [answer, jwt] of [
            [no, faulty],
            [no, { ...claims, stream: 'live/other' }],
            [yes, claims],
          ] as const) {
            const asked = { stream, token: await stage.jwt(jwt) };
            assert.equal(await told(stage.cluster.b, protocol, role, asked), answer);
          }
          refused += 2;
        });
      }
    }

    it('takes a token as often as it is shown, and as a Bearer', async () => {
      const { b } = stage.cluster;
      const asked = { stream: 'cam', token: stage.token('live/cam', 'play') };
      for (let times = 0; times < 2; times++) {
        assert.equal(await told(b, 'rtmp', 'play', asked), 'Start');
      }
      const headers = { Authorization: `Bearer ${asked.token}` };
      const url = httpUrl(b, 'live/cam.flv');
      assert.equal(await statusOf(url, { headers }), '200');
      const challenge = (await fetch(url)).headers.get('www-authenticate');
      assert.equal(challenge, 'Bearer');
      refused += 1;
    });

    it('serves segments to the session that began with a token, on both boxes', async () => {
      for (const box of [stage.cluster.a, stage.cluster.b]) {
        const token = stage.token('live/cam', 'play');
        const viewer = await HlsViewer.join(httpUrl(box, `live/cam.m3u8?token=${token}`));
        const { segments } = await viewer.whenListed(2);
        const uri = segments[0]?.uri ?? '';
        assert.ok(!uri.includes('token='), uri);
        const got = await viewer.segment(uri);
        assert.equal(got.status, 200);
        assert.match(got.headers.get('cache-control') ?? '', /^private, max-age=6, immutable$/);
        await got.arrayBuffer();
        const bare = new URL(uri, viewer.url);
        assert.equal(await statusOf(bare.href.replace(/hls_ctx=\w+/, 'hls_ctx=guess123')), '401');
        const list = viewer.url.replace(/token=[^&]*/, '');
        const again = await fetch(list);
        assert.equal(again.status, 200);
        assert.equal(again.headers.get('cache-control'), 'private, no-cache');
        await again.text();
        assert.equal(await statusOf(list.replace(/hls_ctx=\w+/, 'hls_ctx=guess123')), '401');
        if (box === stage.cluster.b) refused += 2;
      }
    });

    it('counts and logs them at the box that they came to, and shows no token', async () => {
      const { a, b } = stage.cluster;
      const statuses = await Promise.all(
        [a, b].map(({ supervisor }) => supervisor.get<AdminStatus>('status')),
      );
      assert.deepEqual(statuses.map(failedOn), [2, refused]);
      const { output } = b.supervisor;
      assert.match(output, /"failure":"token","err":"access.rules: a token is needed, and none/);
      for (const { supervisor, api } of [a, b]) {
        const urls = ['events', 'connections', 'status'].map(
          (name) => `http://127.0.0.1:${supervisor.adminPort}/admin/v1/${name}`,
        );
        urls.push(`http://127.0.0.1:${supervisor.adminPort}/metrics`);
        urls.push(`http://127.0.0.1:${api}/api/v1/clients`);
        const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
        const folder = join(supervisor.workDir, 'logs');
        for (const name of await readdir(folder)) {
          texts.push(await readFile(join(folder, name), 'utf8'));
        }
        for (const text of [supervisor.output, ...texts]) {
          const secrets = stage.shown.map((token) => token.slice(token.lastIndexOf('.') + 1));
          const found = secrets.find((secret) => text.includes(secret));
          const at = text.indexOf(found ?? '');
          assert.equal(found, undefined, text.slice(Math.max(at - 200, 0), at + 60));
        }
      }
    });
  });
}
