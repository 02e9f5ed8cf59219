import { mediaUrl } from './ask.js';
import { type Session, Stage, type Tell } from './stage.js';
import { watch } from './watch.js';
import { sayHttp } from './words.js';

/** What mpegts.js gives with an error. */
interface Fault {
  readonly code: number;
  readonly msg: string;
}

/** What mpegts.js calls KB. */
const BITS_OF_KB = 1024 * 8;

/** A stream that came by WebRTC, with rtc_to_rtmp off, sends nothing at all. */
const SILENT_MS = 8000;
const SILENT =
  'connected, no media: it came by WebRTC, perhaps, and rtc_to_rtmp is off in srs.conf; try WHEP';

async function start(video: HTMLVideoElement, url: string, tell: Tell): Promise<Session> {
  if (!mpegts.isSupported()) throw new Error('this browser cannot play FLV: try HLS or WHEP');
  let bitrate: number | null = null;
  const source = { type: 'flv', isLive: true, url };
  const player = mpegts.createPlayer(source, { enableStashBuffer: false, liveSync: true });
  const { ERROR, LOADING_COMPLETE, STATISTICS_INFO } = mpegts.Events;
  player.on(ERROR, (_type: string, detail: string, fault: Fault) => {
    tell.failed(sayFault(detail, fault));
  });
  player.on(LOADING_COMPLETE, () => tell.ended('ended: the stream is over'));
  player.on(STATISTICS_INFO, ({ speed }: { speed: number }) => {
    bitrate = speed * BITS_OF_KB;
  });
  watch(video, tell);
  player.attachMediaElement(video);
  player.load();
  const silent = setTimeout(() => {
    if (video.readyState === HTMLMediaElement.HAVE_NOTHING) tell.waiting(SILENT);
  }, SILENT_MS);
  const stop = () => {
    clearTimeout(silent);
    player.destroy();
  };
  return { bitrate: () => bitrate, stop };
}

function sayFault(detail: string, { code, msg }: Fault): string {
  const { NETWORK_STATUS_CODE_INVALID: status, NETWORK_EXCEPTION: network } = mpegts.ErrorDetails;
  if (detail === status) return sayHttp(code);
  if (detail === network) return 'the connection broke: the stream is over, or the server is gone';
  return `this browser cannot play the stream: ${msg || detail}`;
}

mpegts.LoggingControl.enableAll = false;
new Stage({
  file: 'flv.html',
  verb: 'Play',
  running: 'playing',
  urlOf: (ask, here) => mediaUrl(ask, here, '.flv'),
  start,
});
