import { messageOf } from '../errors.js';
import { outsideAddress } from './api/clusters.js';
import { type HeartbeatConf, type OriginConf, rtcEndpoint } from './conf/conf.js';
import type { Identity } from './identity.js';
import type { Log } from './log.js';
import { postJson } from './post.js';

/** Returns a heartbeat's body in SRS's format: ports as in the config, the pid as text. */
export function heartbeatBody(
  conf: OriginConf,
  identity: Identity,
  summaries: () => unknown,
): Record<string, unknown> {
  const { deviceId, ports, summaries: summed } = conf.heartbeat ?? { deviceId: '' };
  const { server, service, pid } = identity;
  return {
    device_id: deviceId,
    ip: outsideAddress(),
    server,
    service,
    pid: String(pid),
    ...(summed ? { summaries: { data: summaries() } } : {}),
    ...(ports ? endpoints(conf) : {}),
  };
}

/** Returns the ports. SRS names WebRTC's as it is bound. */
function endpoints({ rtmp, http, api, rtc }: OriginConf): Record<string, string[]> {
  const text = (address: { text: string } | null): string[] => (address ? [address.text] : []);
  return {
    rtmp: rtmp.flatMap(text),
    http: text(http),
    api: text(api),
    ...(rtc === null ? {} : { rtc: [rtcEndpoint(rtc)] }),
  };
}

/**
 * Sends a heartbeat now and at each interval; returns the function that stops it. Responses are
 * ignored.
 */
export function startHeartbeat(
  { url, seconds }: HeartbeatConf,
  log: Log,
  body: () => unknown,
): () => void {
  let waiting = false;
  const beat = async (): Promise<void> => {
    if (waiting) return;
    waiting = true;
    await postJson(url, body()).catch((error) => {
      log.warn('heartbeat', `heartbeat failed, url=${url}: ${messageOf(error)}`);
    });
    waiting = false;
  };
  void beat();
  const timer = setInterval(() => void beat(), seconds * 1000);
  return () => clearInterval(timer);
}
