import type { Session, Tell } from './stage.js';
import { sayHttp } from './words.js';

const SDP = 'application/sdp';

/**
 * Joins a peer connection, whose tracks are set, to the server: one offer by POST, one answer
 * (RFC 9725; WHEP is the same). `stop` ends both sides. @throws Error in words.
 */
export async function join(peer: RTCPeerConnection, url: string, tell: Tell): Promise<Session> {
  try {
    preferH264(peer);
    await peer.setLocalDescription();
    const response = await post(url, peer.localDescription?.sdp ?? '');
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    peer.addEventListener('connectionstatechange', () => follow(peer, tell));
    const resource = response.headers.get('Location');
    const stop = () => {
      peer.close();
      if (resource !== null) leave(new URL(resource, url));
    };
    return { bitrate: bitrateOf(peer), stop };
  } catch (error) {
    peer.close();
    throw error;
  }
}

/** What SRS takes without being told, and can hand on to players of other protocols. */
function preferH264(peer: RTCPeerConnection): void {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const h264 = codecs.filter(({ mimeType }) => mimeType === 'video/H264');
  if (h264.length === 0) return;
  for (const transceiver of peer.getTransceivers()) {
    const { kind } = transceiver.sender.track ?? transceiver.receiver.track;
    if (kind === 'video') transceiver.setCodecPreferences(h264);
  }
}

async function post(url: string, sdp: string): Promise<Response> {
  const request = { method: 'POST', headers: { 'Content-Type': SDP }, body: sdp };
  const response = await fetch(url, request).catch(() => null);
  if (response === null) throw new Error(`no answer from ${new URL(url).host}, the API port`);
  if (response.status === 201) return response;
  const isWords = response.headers.get('Content-Type')?.startsWith('text/plain') === true;
  const reason = isWords ? (await response.text()).split('\n')[0] : '';
  throw new Error(sayHttp(response.status, reason));
}

/** Also while the page is being left; the server ends a silent session by itself. */
function leave(resource: URL): void {
  fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => {});
}

function follow({ connectionState }: RTCPeerConnection, tell: Tell): void {
  if (connectionState === 'connected') tell.running();
  if (connectionState === 'failed') {
    tell.failed('no media comes through: is the WebRTC port open (listen.rtc, rtc.candidates)?');
  }
}

/** Of what comes in and goes out, since the last call. */
function bitrateOf(peer: RTCPeerConnection): () => Promise<number | null> {
  let last: { readonly bytes: number; readonly at: number } | null = null;
  return async () => {
    let bytes = 0;
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'inbound-rtp') bytes += report.bytesReceived ?? 0;
      if (report.type === 'outbound-rtp') bytes += report.bytesSent ?? 0;
    }
    const before = last;
    last = { bytes, at: performance.now() };
    if (before === null) return null;
    return ((bytes - before.bytes) * 8) / ((last.at - before.at) / 1000);
  };
}
