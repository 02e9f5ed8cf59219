import { rtcUrl } from './ask.js';
import { join } from './rtc.js';
import { type Session, Stage, type Tell } from './stage.js';

async function start(video: HTMLVideoElement, url: string, tell: Tell): Promise<Session> {
  const peer = new RTCPeerConnection();
  const media = new MediaStream();
  for (const kind of ['audio', 'video']) peer.addTransceiver(kind, { direction: 'recvonly' });
  peer.ontrack = ({ track }) => media.addTrack(track);
  video.srcObject = media;
  video.onplaying = () => tell.running();
  const connected = { ...tell, running: () => {} };
  const session = await join(peer, url, connected);
  const stop = () => {
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
