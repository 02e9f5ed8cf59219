import type { Api } from '../api/api.js';
import { answerQuestion } from '../listener/srt/elsewhere.js';
import { fileRooms } from './hls.js';
import { httpListeners } from './http.js';
import type { ListenerParts } from './listener-parts.js';
import type { Listeners } from './listeners.js';
import type { Owners } from './owners.js';
import { pages } from './pages.js';
import { peerListeners } from './peer.js';
import { limitedApi } from './rate-limits.js';
import type { Room } from './room.js';
import { rtmpListeners } from './rtmp.js';
import { srtListener } from './srt.js';
import { webRtc } from './webrtc.js';

/**
 * Adds to `listeners` each port that the configuration opens; they are not open yet. Resolves with the
 * rooms that have to run before them. `merged`: the API for all children.
 */
export async function addPorts(
  box: ListenerParts,
  listeners: Listeners,
  owners: Owners,
  merged: Api,
): Promise<Room[]> {
  const rtc = await webRtc(box);
  const { plugins, sweeper } = fileRooms(box);
  const http = [merged.versions, ...plugins, pages(box, listeners)];
  const api = limitedApi(box, merged.plugin, rtc?.plugin ?? null);
  listeners.add(...rtmpListeners(box), ...httpListeners(box, { http, api }));
  if (rtc !== null) listeners.add(rtc.listener);
  const srt = srtListener(box, () => owners.statuses());
  if (srt !== null) listeners.add(srt);
  const answer = async (question: string) =>
    answerQuestion(srt?.listener ?? null, question) ?? merged.answer(question);
  listeners.add(...peerListeners(box, answer));
  const { listen } = box.prepared.config;
  const isAsked = (listen.api ?? listen.apiHttps ?? box.boxes) !== null;
  return isAsked ? [sweeper, merged] : [sweeper];
}
