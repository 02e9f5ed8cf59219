/**
 * The language of the twins: a script is a list of typed values that say what raw clients do, one
 * thing after the other. Texts may hold `{name}` and `{other}`, two stream names that only this run
 * of the script has, `{rtmp}`, `{http}`, `{api}` for ports, and whatever a step has kept.
 */
export interface Script {
  /** Also the name of the file of its expected transcript. */
  readonly name: string;
  readonly steps: readonly Step[];
  /** mini-srs has no SRT. */
  readonly needs?: 'srt';
}

export interface Step {
  /** Unique within its script. */
  readonly title: string;
  readonly act: Act;
}

type Act = RtmpAct | HttpAct | AnswerAct | HooksAct | SrtAct;

/** AMF0 values of a call; an object is written as such. */
export type Amf = string | number | boolean | null | undefined | Amf[] | { [key: string]: Amf };

/** Ends of a step of an RTMP client, besides that the server closes the connection. */
interface Ends {
  /**
   * A line with this text; '' for what has come so far. Before `publish` or `play` it is the answer
   * to the last call unless said otherwise, afterwards a fence: all that the server has to say.
   */
  readonly until?: string;
  /** `flows`: audio and video frames come. `stops`: none come while others get them. */
  readonly media?: 'flows' | 'stops';
}

export type RtmpAct = { readonly client: string } & (
  | { readonly rtmp: 'open' }
  | { readonly rtmp: 'close' }
  /** In one flight. */
  | ({ readonly rtmp: 'say'; readonly what: readonly Said[] } & Ends)
  /** Metadata, headers and then frames in real time, until `rest` or the end. */
  | ({ readonly rtmp: 'feed' } & Ends)
  | { readonly rtmp: 'rest' }
  | ({ readonly rtmp: 'listen' } & Ends)
);

export interface Call {
  readonly call: string;
  /** Transaction id. */
  readonly id: number;
  readonly args: readonly Amf[];
  readonly csid?: number;
  readonly sid?: number;
  readonly amf3?: boolean;
  /** SRS does not answer it. */
  readonly silent?: boolean;
}

/** One message of a client. */
export type Said = Call | { readonly type: number; readonly hex: string };

export interface HttpAct {
  readonly http: 'http' | 'api';
  /** `GET /path`. */
  readonly ask: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Asked again until the answer has this status. */
  readonly status?: number;
  /** Asked again until the answer has this text. */
  readonly has?: string;
  /** Name -> path in the JSON answer, such as `streams.id`, or a header's name. */
  readonly keep?: Readonly<Record<string, string>>;
  /** The answer is read until so much of a live stream has come, and then dropped. */
  readonly live?: boolean;
  /** The name by which a later step has the answer; default: it is waited for. */
  readonly later?: string;
}

/** Waits for the answer to a request of an earlier step, or leaves without it. */
export interface AnswerAct {
  readonly answer: string;
  readonly leaves?: boolean;
}

/**
 * Waits for a hook of one of the script's streams; shows all calls that came since the last look.
 */
export interface HooksAct {
  readonly hooks: string;
  /** Calls of it, in the whole script. */
  readonly count?: number;
  /** Name -> field of the last of them. */
  readonly keep?: Readonly<Record<string, string>>;
}

export interface SrtAct {
  /** Stream id of the caller's conclusion. */
  readonly srt: string;
}

export function open(client: string): Step {
  return { title: `${client} opens`, act: { client, rtmp: 'open' } };
}

export function close(client: string): Step {
  return { title: `${client} closes`, act: { client, rtmp: 'close' } };
}

/** Says it all in one flight, and hears what is answered. */
export function say(
  client: string,
  what: readonly Said[],
  ends: Ends & { title?: string } = {},
): Step {
  const { title = titleOf(what), ...rest } = ends;
  return { title: `${client}: ${title}`, act: { client, rtmp: 'say', what, ...rest } };
}

export function feed(client: string, title = 'media'): Step {
  return { title: `${client}: ${title}`, act: { client, rtmp: 'feed' } };
}

export function rest(client: string): Step {
  return { title: `${client} rests`, act: { client, rtmp: 'rest' } };
}

export function hears(client: string, title: string, ends: Ends): Step {
  return { title: `${client} ${title}`, act: { client, rtmp: 'listen', ...ends } };
}

export function call(name: string, id: number, ...args: Amf[]): Call {
  return { call: name, id, args };
}

/** A call on a message stream. */
export function on(csid: number, sid: number, said: Call): Call {
  return { ...said, csid, sid };
}

export function setChunkSize(size: number): Said {
  return { type: 1, hex: size.toString(16).padStart(8, '0') };
}

export function silent(said: Call): Call {
  return { ...said, silent: true };
}

export function amf3(said: Call): Call {
  return { ...said, amf3: true };
}

/** User control (RTMP 1.0 §7.1.7): event and its arguments, 4 bytes each. */
export function control(event: number, ...args: number[]): Said {
  const words = args.map((arg) => arg.toString(16).padStart(8, '0'));
  return { type: 4, hex: event.toString(16).padStart(4, '0') + words.join('') };
}

export function windowAckSize(size: number): Said {
  return { type: 5, hex: size.toString(16).padStart(8, '0') };
}

export function ask(
  http: HttpAct['http'],
  what: string,
  more: Omit<HttpAct, 'http' | 'ask'> & { title?: string } = {},
): Step {
  const { title = what, ...rest } = more;
  return { title: `${http} ${title}`, act: { http, ask: what, ...rest } };
}

export function answer(name: string, more: { leaves?: boolean } = {}): Step {
  const title = more.leaves ? `${name} leaves` : `${name} is answered`;
  return { title, act: { answer: name, ...more } };
}

/** Waits for so many calls of a hook. */
export function hook(action: string, count = 1): Step {
  return { title: `hook ${action} ${count}`, act: { hooks: action, count } };
}

function titleOf(what: readonly Said[]): string {
  return what.map((one) => ('call' in one ? one.call : `type ${one.type}`)).join(', ');
}
