import type { Api } from '../api/api.js';
import type { DiskWatch } from '../child/disk-watch.js';
import { consoleRoutes } from '../files/routes.js';
import type { HttpPlugin } from '../listener/http/app.js';
import { answerQuestion } from '../listener/srt/elsewhere.js';
import { foldersOf } from './folders.js';
import { type FileParts, fileRooms } from './hls.js';
import { type HttpParts, httpListeners } from './http.js';
import type { Listeners } from './listeners.js';
import { type PagesParts, pages } from './pages.js';
import { type PeerParts, peerListeners } from './peer.js';
import { limitedApi } from './rate-limits.js';
import type { NamedRoom } from './rooms.js';
import { type RtmpParts, rtmpListeners } from './rtmp.js';
import { type SrtParts, srtListener } from './srt.js';
import { type WebRtcParts, webRtc } from './webrtc.js';

type AllParts = RtmpParts & HttpParts & FileParts & PagesParts & WebRtcParts & SrtParts & PeerParts;

/** Parts of all ports; each port takes what it uses. */
export type PortParts = Omit<AllParts, 'folders'> & { readonly disk: DiskWatch };

/**
 * Adds to `listeners` each configured port; opens none. Returns the rooms that must run before the
 * ports. `api` is SRS's API for all children.
 */
export async function addPorts(
  given: PortParts,
  listeners: Listeners,
  api: Api,
): Promise<NamedRoom[]> {
  const parts = { ...given, folders: foldersOf(given.config, given.template) };
  const { config, boxes } = parts;
  const rtc = await webRtc(parts);
  const { plugins, sweeper } = fileRooms(parts);
  listeners.add(
    ...rtmpListeners(parts),
    ...httpListeners(parts, {
      http: [api.versions, ...plugins, pages(parts, listeners)],
      api: [...consoleFiles(parts, api), ...limitedApi(parts, api.plugin, rtc?.plugin ?? null)],
    }),
  );
  if (rtc !== null) listeners.add(rtc.listener);
  const srt = srtListener(parts);
  if (srt !== null) listeners.add(srt);
  const answer = async (question: string) =>
    answerQuestion(srt?.listener ?? null, question) ?? api.answer(question);
  listeners.add(...peerListeners(parts, answer));
  const isAsked = (config.listen.api ?? config.listen.apiHttps ?? boxes) !== null;
  const rooms: NamedRoom[] = [
    ['sweeper of HLS files', sweeper],
    ['watch of the disk', parts.disk],
  ];
  return isAsked ? [...rooms, ['api', api]] : rooms;
}

/** SRS's console, where the user's folders have it. */
function consoleFiles({ folders }: PagesParts, api: Api): readonly HttpPlugin[] {
  return folders === null ? [] : [consoleRoutes(folders, api.serve)];
}
