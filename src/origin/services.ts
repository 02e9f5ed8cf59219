import type { Context } from './context.js';
import { HlsService } from './hls/service.js';
import type { Service } from './service.js';
import { WebRtcService } from './webrtc/service.js';

/** Makes an origin's parts besides RTMP, HTTP-FLV and the API, in the order of their start. */
export function createServices(context: Context): Service[] {
  const { rtc } = context.conf;
  return [new HlsService(context), ...(rtc === null ? [] : [new WebRtcService(context, rtc)])];
}
