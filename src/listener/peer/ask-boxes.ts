import { messageOf } from '../../errors.js';
import type { Logger } from '../../logging/logger.js';
import type { Boxes } from '../../registry/redis/boxes.js';
import { askPeer } from './dial-peer.js';

/** A box that takes longer is left out of an answer. */
const ANSWER_MS = 1000;

/** Asks the other boxes a question; each answers for itself. */
export interface AskedBoxes {
  /** The id of this box. */
  readonly own: string;
  /** Each other box's answer, by its id; null for a box that does not answer in time. */
  ask(question: string): Promise<ReadonlyMap<string, string | null>>;
}

/** Asks all other boxes that live, each by its peer port. */
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
