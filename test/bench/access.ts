/** Cost of the gate: checks of tokens per second of CPU, and microseconds for each client. */
import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { JwtVerifier } from '../../src/access/jwt.js';
import { AccessPolicy } from '../../src/access/policy.js';
import { type Bearer, signToken } from '../../src/access/signed.js';
import { prove, type TokenRules } from '../../src/access/tokens.js';
import { jwtKeys } from '../../src/config/jwt-keys.js';
import { Connections } from '../../src/listener/connections.js';
import type { Gate } from '../../src/listener/gate.js';
import { JWT_OFF } from '../helpers/access.js';
import { gateOf, OPEN_GATE, OPEN_RULES } from '../helpers/gate.js';
import { key } from '../helpers/stream-key.js';
import { median } from './report.js';

const SECRET = 'a-secret-of-more-than-32-characters';
const KEY = { id: 'k1', secret: SECRET };
const STREAM = key('__defaultVhost__/live/cam');
const BEARER: Bearer = { stream: STREAM, role: 'play', address: '192.0.2.1' };
const EXPIRES = Math.floor(Date.now() / 1000) + 3600;
const CHECKS = 20_000;
const ROUNDS = 5;

/** CPU microseconds of this process for each of `CHECKS` calls, the median of `ROUNDS`. */
async function cost(work: () => Promise<unknown>): Promise<number> {
  for (let at = 0; at < CHECKS / 10; at++) await work();
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let at = 0; at < CHECKS; at++) await work();
    const { user, system } = process.cpuUsage(before);
    rounds.push((user + system) / CHECKS);
  }
  return median(rounds);
}

function jwt(alg: string, by: KeyObject): Promise<string> {
  const claims = { exp: EXPIRES, stream: 'live/cam', role: 'play' };
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(by);
}

/** Passes one player, and lets it leave. */
async function pass(gate: Gate, connections: Connections, token: string | null): Promise<void> {
  const connection = connections.open(BEARER.address, 1, 0);
  if (typeof connection === 'string') throw new Error(connection);
  await gate.pass(connection, { stream: STREAM, role: 'play', token });
  connections.closed(connection);
}

export async function run(): Promise<void> {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pems = [rsa, ec].map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }));
  const keys = jwtKeys.read(pems.join('\n')) ?? null;
  const verifier = new JwtVerifier({ ...JWT_OFF, keys, secret: SECRET });
  const rules: TokenRules = { keys: [KEY], leewaySeconds: 60, jwt: verifier };
  const signed = signToken({ stream: STREAM, role: 'play', expires: EXPIRES, address: null }, KEY);
  const forged = `${signed.slice(0, -2)}AA`;
  const tokens: readonly (readonly [string, string])[] = [
    ['signed URL', signed],
    ['signed URL, forged', forged],
    ['JWT HS256', await jwt('HS256', createSecretKey(SECRET, 'utf8'))],
    ['JWT RS256', await jwt('RS256', rsa.privateKey)],
    ['JWT ES256', await jwt('ES256', ec.privateKey)],
  ];
  for (const [name, token] of tokens) {
    const us = await cost(() => prove(token, BEARER, rules));
    console.log(`${name}: ${us.toFixed(1)} us, ${Math.round(1e6 / us)} a second of CPU`);
  }
  const gates = ['without rules', 'with lists', 'with lists and a signed URL'];
  for (const [at, us] of (await costOfGates()).entries()) {
    console.log(`a gate ${gates[at]}: ${us.toFixed(1)} us a client`);
  }
}

/** CPU microseconds of a gate for each player: without rules, with lists, and a signed URL. */
export async function costOfGates(): Promise<readonly number[]> {
  const token = signToken({ stream: STREAM, role: 'play', expires: EXPIRES, address: null }, KEY);
  const lists = { allow: ['127.0.0.0/8', '192.0.2.0/24'], deny: ['10.0.0.0/8'] };
  const gates = [
    OPEN_GATE,
    ...(['off', 'signed'] as const).map((wanted) => {
      const play = { ...lists, token: wanted };
      const policy = new AccessPolicy([{ vhost: null, app: 'live', publish: null, play }]);
      return gateOf({ rules: () => ({ ...OPEN_RULES, keys: [KEY], policy }) });
    }),
  ];
  const connections = new Connections({ connections: 10, connectionsPerIp: 0 });
  const costs: number[] = [];
  for (const gate of gates) {
    const shown = gate === gates.at(-1) ? token : null;
    costs.push(await cost(() => pass(gate, connections, shown)));
  }
  return costs;
}
