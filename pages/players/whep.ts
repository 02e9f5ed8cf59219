import { rtcUrl } from './ask.js';
import { join } from './rtc.js';
import { type Session, Stage, type Tell } from './stage.js';
import { watch } from './watch.js';

/** What a stream without media for WebRTC looks like: nothing at all. */
const SILENT_MS = 8000;
const SILENT =
  'connected, no media: nobody publishes it, or it came by RTMP and rtmp_to_rtc is off in srs.conf';

async function start(video: HTMLVideoElement, url: string, tell: Tell): Promise<Session> {
  const peer = new RTCPeerConnection();
  const media = new MediaStream();
  for (const kind of ['audio', 'video']) peer.addTransceiver(kind, { direction: 'recvonly' });
  peer.ontrack = ({ track }) => media.addTrack(track);
  video.srcObject = media;
  watch(video, tell);
  // A connection that stands shows nothing yet.
  const session = await join(peer, url, { ...tell, running: () => tell.waiting() });
  const silent = setTimeout(() => {
    if (video.readyState === HTMLMediaElement.HAVE_NOTHING) tell.waiting(SILENT);
  }, SILENT_MS);
  const stop = () => {
    clearTimeout(silent);
    session.stop();
    video.srcObject = null;
  };
  return { bitrate: session.bitrate, stop };
}

new Stage({
  file: 'whep.html',
  verb: 'Play',
  running: 'playing',
  urlOf: (ask, here, ports) => rtcUrl(ask, here, ports, 'whep'),
  start,
});
