import { mediaUrl, type Ports } from './ask.js';
import { type Session, Stage, type Tell } from './stage.js';
import Hls, { type ErrorData, ErrorTypes, Events, type HlsConfig } from './vendor/hls.js';
import { watch } from './watch.js';
import { sayHttp } from './words.js';

const NATIVE = 'application/vnd.apple.mpegurl';
/** The server holds a request until a stream's first segment is complete, and else says 503. */
const PLAYLIST_TRIES = 20;
const PLAYLIST_MS = 60_000;
const TRY_EVERY_MS = 1000;

const CONFIG: Partial<HlsConfig> = {
  // Its worker would come from a blob, which the page forbids.
  enableWorker: false,
  manifestLoadPolicy: {
    default: {
      maxTimeToFirstByteMs: PLAYLIST_MS,
      maxLoadTimeMs: PLAYLIST_MS,
      timeoutRetry: null,
      errorRetry: {
        maxNumRetry: PLAYLIST_TRIES,
        retryDelayMs: TRY_EVERY_MS,
        maxRetryDelayMs: TRY_EVERY_MS,
        shouldRetry: (policy, count, _isTimeout, response) =>
          [404, 503].includes(response?.code ?? 0) && count < (policy?.maxNumRetry ?? 0),
      },
    },
  },
};

async function start(
  video: HTMLVideoElement,
  url: string,
  tell: Tell,
  { hlsSeconds = null }: Ports,
): Promise<Session> {
  watch(video, tell);
  tell.waiting(sayWait(hlsSeconds));
  if (Hls.isSupported()) return startHls(video, url, tell);
  if (video.canPlayType(NATIVE) === '') throw new Error('this browser cannot play HLS');
  return startNative(video, url, tell);
}

function sayWait(seconds: number | null): string {
  const after = seconds === null ? 'some seconds' : `${seconds} s or more`;
  return `waiting for the first segment: a new stream has it after ${after}`;
}

function startHls(video: HTMLVideoElement, url: string, tell: Tell): Session {
  let bitrate: number | null = null;
  const hls = new Hls(CONFIG);
  hls.on(Events.ERROR, (_name, data) => {
    if (data.fatal) tell.failed(sayError(data));
  });
  hls.on(Events.FRAG_LOADED, (_name, { frag }) => {
    bitrate = (frag.stats.total * 8) / frag.duration;
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return { bitrate: () => bitrate, stop: () => hls.destroy() };
}

function sayError({ type, details, response, error }: ErrorData): string {
  const isNetwork = type === ErrorTypes.NETWORK_ERROR;
  if (isNetwork && response?.code) return sayHttp(response.code);
  if (isNetwork) return 'the server does not answer';
  return `this browser cannot play the stream: ${error.message || details}`;
}

/** Browsers that play HLS themselves, and nothing that we could feed. */
function startNative(video: HTMLVideoElement, url: string, tell: Tell): Session {
  video.onerror = () => tell.failed(video.error?.message || 'it cannot be played');
  video.src = url;
  const stop = () => {
    video.onerror = null;
    video.removeAttribute('src');
    video.load();
  };
  return { bitrate: () => null, stop };
}

new Stage({
  file: 'hls.html',
  verb: 'Play',
  running: 'playing',
  urlOf: (ask, here) => mediaUrl(ask, here, '.m3u8'),
  start,
});
