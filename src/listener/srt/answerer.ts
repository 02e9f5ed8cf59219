/** Answers inductions on the thread that reads them: see `UdpRelayOptions.answerer`. */
import { answerInduction, type InductionSettings } from '../../protocol/srt/induction.js';
import type { UdpEndpoint } from '../../relay/udp.js';

export const ANSWERER = import.meta.url;

export function makeAnswer(
  settings: InductionSettings,
): (packet: Buffer, from: UdpEndpoint) => Buffer | null {
  return (packet, from) => answerInduction(packet, from, settings, Date.now());
}
