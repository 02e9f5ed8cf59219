import { createHash } from 'node:crypto';
import {
  buildAnswer,
  buildQuestion,
  isYes,
  parseQuestion,
} from '../../protocol/srt/peer-question.js';
import type { Boxes } from '../../registry/redis/boxes.js';
import type { AskedBoxes } from '../peer/ask-boxes.js';
import type { SrtListener, SrtListenerParts } from './listener.js';

/**
 * Joins the boxes of a cluster into one SRT server: one box may get a caller's induction, another
 * its conclusion, and a third the packets that follow.
 */
export function acrossBoxes(
  boxes: Boxes,
  secret: string,
  { ask }: Pick<AskedBoxes, 'ask'>,
): Pick<SrtListenerParts, 'cookieSecret' | 'elsewhere'> {
  const cookieSecret = createHash('sha256').update(`srt cookie ${secret}`).digest('hex');
  return {
    cookieSecret,
    elsewhere: {
      from: boxes.host,
      find: async (socketId, ip) => {
        const answers = [...(await ask(buildQuestion({ socketId, ip })))];
        const [id] = answers.find(([, answer]) => isYes(answer)) ?? [''];
        const box = boxes.get(id);
        return box === null ? null : { ip: box.host, port: box.ports.srt };
      },
    },
  };
}

/** Answers another box's question; null for a question that is not about SRT. */
export function answerQuestion(
  listener: Pick<SrtListener, 'has'> | null,
  question: string,
): string | null {
  const asked = parseQuestion(question);
  return asked && buildAnswer(listener?.has(asked.socketId, asked.ip) ?? false);
}
