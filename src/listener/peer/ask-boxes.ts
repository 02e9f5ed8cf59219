import { messageOf } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';
import type { Boxes } from '../../registry/redis/boxes.js';
import { askPeer } from './dial-peer.js';

/** Milliseconds for an answer; a slower box is left out. */
const ANSWER_MS = 1000;

/** Queries to the other boxes, each of which answers for itself. */
export interface AskedBoxes {
  /** Id of this box. */
  readonly own: string;
  /** Returns each other box's answer by its id; null for a box that does not answer in time. */
  ask(question: string): Promise<ReadonlyMap<string, string | null>>;
}

/** Queries all living boxes by their peer ports. */
export function askedBoxes(boxes: Boxes, secret: string, logger: Logger): AskedBoxes {
  const askOne = async (box: string, question: string): Promise<string | null> => {
    const { host, ports } = boxes.get(box) ?? {};
    if (host === undefined || !ports?.peer) return null;
    try {
      const to = { host, port: ports.peer, secret };
      return await askPeer(to, question, AbortSignal.timeout(ANSWER_MS));
    } catch (error) {
      logger.warn({ box, host, reason: messageOf(error) }, 'a box does not answer');
      return null;
    }
  };
  return {
    own: boxes.id,
    ask: async (question) => {
      const asked = Array.from(boxes.list().keys(), async (box) => {
        return [box, await askOne(box, question)] as const;
      });
      return new Map(await Promise.all(asked));
    },
  };
}
