import type { Api } from '../api/api.js';
import type { Box } from './box.js';
import type { Fronts } from './fronts.js';
import { fileRooms } from './hls.js';
import { httpFronts } from './http.js';
import type { Owners } from './owners.js';
import { pages } from './pages.js';
import { peerFronts } from './peer.js';
import { limitedApi } from './rate-limits.js';
import type { Room } from './room.js';
import { rtmpFronts } from './rtmp.js';
import { answerSrt, srtFront } from './srt.js';
import { webRtc } from './webrtc.js';

/**
 * Adds to `fronts` each port that the configuration opens; they are not open yet. Resolves with the
 * rooms that have to run before them. `merged`: the API for all children.
 */
export async function addPorts(
  box: Box,
  fronts: Fronts,
  owners: Owners,
  merged: Api,
): Promise<Room[]> {
  const rtc = await webRtc(box);
  const { plugins, sweeper } = fileRooms(box);
  const http = [merged.versions, ...plugins, pages(box, fronts)];
  const api = limitedApi(box, merged.plugin, rtc?.plugin ?? null);
  fronts.add(...(await rtmpFronts(box)), ...httpFronts(box, { http, api }));
  if (rtc !== null) fronts.add(rtc.front);
  const srt = srtFront(box, () => owners.statuses());
  if (srt !== null) fronts.add(srt);
  const answer = async (question: string) =>
    answerSrt(srt?.front ?? null, question) ?? merged.answer(question);
  fronts.add(...peerFronts(box, answer));
  const { listen } = box.prepared.config;
  const isAsked = (listen.api ?? listen.apiHttps ?? box.boxes) !== null;
  return isAsked ? [sweeper, merged] : [sweeper];
}
