import { parseFlv } from '../../src/demo/flv.js';
import { until } from '../helpers/until.js';
import type { GotHook } from '../hooks/hook-server.js';
import { amfText } from './amf-text.js';
import { type Answer, type Asked, askFor, beginToAsk } from './clients/http.js';
import { RawRtmp } from './clients/rtmp.js';
import { callSrt } from './clients/srt.js';
import { jsonLines, Normal, textLines } from './normal.js';
import type {
  Amf,
  AnswerAct,
  HooksAct,
  HttpAct,
  RtmpAct,
  Said,
  Script,
  SrtAct,
  Step,
} from './script.js';
import type { Target } from './target.js';

/** Transcript of a step, normalised. */
export interface Scene {
  readonly step: string;
  readonly lines: readonly string[];
}

let runs = 0;

/** Plays a script before one server, from its first step to its last. */
export async function play(script: Script, target: Target): Promise<Scene[]> {
  const stage = new Stage(target);
  const scenes: Scene[] = [];
  try {
    for (const step of script.steps) {
      const lines = await stage.act(step).catch((error: unknown) => [`failed: ${String(error)}`]);
      scenes.push({ step: step.title, lines });
    }
    return scenes;
  } finally {
    stage.close();
  }
}

class Stage {
  readonly #target: Target;
  readonly #normal = new Normal();
  readonly #vars = new Map<string, string>();
  readonly #clients = new Map<string, RawRtmp>();
  /** Requests whose answers later steps wait for. */
  readonly #asked = new Map<string, Asked & { readonly act: HttpAct }>();
  #seenHooks = 0;

  constructor(target: Target) {
    this.#target = target;
    const run = `${(process.pid % 1000) + 1000}${(++runs % 900) + 100}`;
    const { rtmp, http, api } = target.ports;
    this.#set('name', `cam${run}`);
    this.#set('other', `two${run}`);
    for (const [name, port] of Object.entries({ rtmp, http, api })) {
      this.#vars.set(name, `${port}`);
      this.#normal.know(name, `:${port}`);
    }
  }

  act({ act }: Step): Promise<string[]> {
    if ('rtmp' in act) return this.#rtmp(act);
    if ('http' in act) return this.#http(act);
    if ('answer' in act) return this.#answer(act);
    if ('srt' in act) return this.#srt(act);
    return this.#hooks(act);
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    for (const { leave } of this.#asked.values()) leave();
  }

  async #rtmp(act: RtmpAct): Promise<string[]> {
    if (act.rtmp === 'open') {
      this.#clients.set(act.client, await RawRtmp.open(this.#target.ports.rtmp));
      return [];
    }
    const client = this.#client(act.client);
    if (act.rtmp === 'close') client.close();
    if (act.rtmp === 'rest') client.rest();
    if (act.rtmp === 'feed') client.feed();
    if (act.rtmp === 'say') client.say(act.what.map((said) => this.#filled(said)));
    if (act.rtmp === 'close' || act.rtmp === 'rest') return [];
    const lines = await client.hears(act);
    if (act.media === 'stops') lines.push(await this.#silence(client));
    return lines.map((line) => this.#normal.line(line));
  }

  async #silence(client: RawRtmp): Promise<string> {
    const publisher = [...this.#clients.values()].find((one) => one.sentFrames > 0 && !one.closed);
    if (publisher === undefined) throw new Error('nobody publishes');
    return (await client.isSilent(publisher)) ? 'no frames' : 'frames go on';
  }

  async #http(act: HttpAct): Promise<string[]> {
    const filled = { ...act, ask: this.#fill(act.ask), body: this.#fill(act.body ?? '') };
    const port = this.#target.ports[act.http];
    if (act.later === undefined) return this.#answered(act, await askFor(port, filled));
    this.#asked.set(act.later, { ...beginToAsk(port, filled), act });
    return [];
  }

  async #answer({ answer: name, leaves = false }: AnswerAct): Promise<string[]> {
    const asked = this.#asked.get(name);
    if (asked === undefined) throw new Error(`${name} has not been asked`);
    if (leaves) asked.leave();
    return this.#answered(asked.act, await asked.answer);
  }

  #answered(act: HttpAct, answer: Answer): string[] {
    if (answer.status === null) return ['no answer'];
    const body = bodyLines(answer, (row) => this.#isOwn(row), act);
    this.#keep(act.keep ?? {}, answer);
    return [answer.status, ...answer.heads, ...body].map((line) => this.#normal.line(line));
  }

  /** Kept texts are shown by their names. */
  #keep(names: Readonly<Record<string, string>>, { heads, body }: Answer): void {
    for (const [name, path] of Object.entries(names)) {
      const head = heads.find((line) => line.startsWith(`${path}: `));
      const value = head?.slice(path.length + 2) ?? this.#field(body, path);
      this.#set(name, value);
    }
  }

  #field(body: Buffer, path: string): string {
    if (path.startsWith('/'))
      return new RegExp(path.slice(1, -1), 'm').exec(body.toString())?.[1] ?? '';
    let value: unknown = JSON.parse(body.toString());
    for (const key of path.split('.')) {
      value = (value as Record<string, unknown>)[key];
      if (Array.isArray(value)) value = value.find((row) => this.#isOwn(row)) ?? {};
    }
    return String(value);
  }

  /** `hooks`: the action; all calls of this run's streams up to its `count`-th. */
  async #hooks({ hooks: action, count = 1, keep = {} }: HooksAct): Promise<string[]> {
    const own = () => this.#ownHooks();
    const isThere = () => own().filter(({ body }) => body.action === action).length >= count;
    await until(
      () => `${action} in ${JSON.stringify(own().map(({ body }) => body))}`,
      isThere,
      20_000,
    );
    const calls = own().slice(this.#seenHooks);
    this.#seenHooks += calls.length;
    const last = calls.findLast(({ body }) => body.action === action);
    for (const [name, field] of Object.entries(keep)) this.#set(name, `${last?.body[field]}`);
    return calls.flatMap(({ body }) =>
      jsonLines(body, () => true, String(body.action)).map((line) => this.#normal.line(line)),
    );
  }

  /** `on_close` names no stream, but the client. */
  #ownHooks(): GotHook[] {
    const { calls } = this.#target.hooks;
    const names = [this.#vars.get('name') ?? '', this.#vars.get('other') ?? ''];
    const named = ({ body }: GotHook) => names.some((name) => `${body.stream}`.startsWith(name));
    const clients = new Set(calls.filter(named).map(({ body }) => body.client_id));
    return calls.filter((call) => named(call) || clients.has(call.body.client_id));
  }

  async #srt({ srt }: SrtAct): Promise<string[]> {
    const streamId = this.#fill(srt);
    const name = this.#vars.get('name') ?? '';
    const lines = await callSrt(this.#target.ports.srt, streamId, async () => {
      const { body } = await askFor(this.#target.ports.api, {
        http: 'api',
        ask: 'GET /api/v1/clients/?count=1000',
      });
      const { clients } = JSON.parse(body.toString()) as { clients: Record<string, string>[] };
      const row = clients.find((one) => one.name === name);
      return row === undefined ? null : `a client: ${row.type} of ${row.url}`;
    });
    return lines.map((line) => this.#normal.line(line));
  }

  #isOwn({ name }: Record<string, unknown>): boolean {
    const text = String(name);
    return (
      text === '__defaultVhost__' ||
      ['name', 'other'].some((key) => text.startsWith(this.#vars.get(key) ?? '?'))
    );
  }

  #client(name: string): RawRtmp {
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`${name} has not been opened`);
    return client;
  }

  #set(name: string, value: string): void {
    this.#vars.set(name, value);
    this.#normal.know(name, value);
  }

  #fill(text: string): string {
    return text.replaceAll(/\{(\w+)\}/g, (all, name: string) => this.#vars.get(name) ?? all);
  }

  #filled(said: Said): Said {
    return 'call' in said ? { ...said, args: said.args.map((arg) => this.#filledArg(arg)) } : said;
  }

  #filledArg(arg: Amf): Amf {
    if (typeof arg === 'string') return this.#fill(arg);
    if (Array.isArray(arg)) return arg.map((one) => this.#filledArg(one));
    if (typeof arg !== 'object' || arg === null) return arg;
    const entries = Object.entries(arg).map(([key, one]) => [key, this.#filledArg(one)]);
    return Object.fromEntries(entries);
  }
}

function bodyLines(
  { heads, body }: Answer,
  keeps: (row: Record<string, unknown>) => boolean,
  { live = false, later }: HttpAct,
): string[] {
  if (live && body.toString('latin1', 0, 3) === 'FLV') return flvLines(body, later === undefined);
  const text = body.toString();
  if (text === '') return ['(empty)'];
  const [, callback = '', json = ''] = /^(?:(\w+)\()?(\{.*\})\)?$/s.exec(text) ?? [];
  if (json !== '') {
    const lines = jsonLines(JSON.parse(json), keeps);
    return callback === '' ? lines : [`calls ${callback}`, ...lines];
  }
  if (heads.some((line) => /mpegurl|sdp|plain|javascript/i.test(line))) return textLines(text);
  return [`a body that begins with ${JSON.stringify(body.subarray(0, 1).toString('latin1'))}`];
}

/**
 * How an FLV stream begins: its header, script tags, sequence headers and the first frames. In
 * order, unless the player may have come before or after the first of them.
 */
function flvLines(body: Buffer, inOrder: boolean): string[] {
  const names = { 8: 'audio', 9: 'video', 18: 'script' } as Readonly<Record<number, string>>;
  const parsed = parseFlv(wholeTags(body));
  if (parsed.kind !== 'value') return [`not FLV: ${parsed.kind}`];
  const lines = parsed.value.tags.map(({ typeId, payload }) =>
    typeId === 18
      ? `script ${amfText(payload)}`
      : `${names[typeId]} ${payload[1] === 0 ? 'header' : 'frames'}`,
  );
  const kinds = [...new Set(lines)];
  const shown = inOrder ? kinds : kinds.sort();
  return [`FLV header ${body.subarray(0, 9).toString('hex')}`, ...shown];
}

/** Without a last tag that is cut off. */
function wholeTags(body: Buffer): Buffer {
  let at = 13;
  while (at + 11 <= body.length && at + 15 + body.readUIntBE(at + 1, 3) <= body.length) {
    at += 15 + body.readUIntBE(at + 1, 3);
  }
  return body.subarray(0, at);
}
