import { rtcUrl } from './ask.js';
import { join } from './rtc.js';
import { type Session, Stage, type Tell } from './stage.js';

const WANTED = {
  audio: true,
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
};

/** By the name of what `getUserMedia` throws. */
const REFUSED: Readonly<Record<string, string>> = {
  NotAllowedError: 'the browser was not allowed to use camera and microphone',
  NotFoundError: 'there is no camera or no microphone',
  NotReadableError: 'another program uses the camera or the microphone',
};

async function start(video: HTMLVideoElement, url: string, tell: Tell): Promise<Session> {
  const media = await openCamera();
  const close = () => {
    for (const track of media.getTracks()) track.stop();
    video.srcObject = null;
  };
  const peer = new RTCPeerConnection();
  for (const track of media.getTracks()) {
    peer.addTransceiver(track, { direction: 'sendonly', streams: [media] });
  }
  video.srcObject = media;
  try {
    const session = await join(peer, url, tell);
    const stop = () => {
      session.stop();
      close();
    };
    return { bitrate: session.bitrate, stop };
  } catch (error) {
    close();
    throw error;
  }
}

async function openCamera(): Promise<MediaStream> {
  // Insecure pages have no cameras.
  if (!window.isSecureContext) throw new Error('browsers lend cameras to HTTPS pages only');
  try {
    return await navigator.mediaDevices.getUserMedia(WANTED);
  } catch (error) {
    const { name, message } = error as DOMException;
    throw new Error(REFUSED[name] ?? message);
  }
}

new Stage({
  file: 'whip.html',
  verb: 'Publish',
  running: 'publishing',
  urlOf: (ask, here, ports) => rtcUrl(ask, here, ports, 'whip'),
  start,
});
