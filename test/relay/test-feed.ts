/**
 * A feed reader for tests: a piece is a line; one that begins with `!` is a place. The hearer,
 * which is named by its settings, echoes lines, and pauses, goes on, leaves or fails by them.
 */
import type { FeedReader, Piece, ViewerHearer, ViewerWish } from '../../src/relay/fanout.js';

export const TEST_FEED = import.meta.url;

const OPENING = { first: Buffer.from('first\n'), again: Buffer.from('again\n') };

export function makeFeedReader(): FeedReader {
  let kept = Buffer.alloc(0);
  return {
    read: (bytes) => {
      kept = Buffer.concat([kept, bytes]);
      const pieces: Piece[] = [];
      for (let end = kept.indexOf('\n'); end >= 0; end = kept.indexOf('\n')) {
        const line = kept.subarray(0, end + 1);
        kept = kept.subarray(end + 1);
        if (line[0] === 0x3f) throw new Error('a line that makes no sense');
        pieces.push({ bytes: line, opening: line[0] === 0x21 ? OPENING : null });
      }
      return pieces;
    },
  };
}

export function makeViewerHearer(settings: unknown): ViewerHearer {
  let state: ViewerWish['state'] = 'plays';
  return {
    hear: (bytes) => {
      const said = bytes.toString('latin1');
      if (said.includes('fail')) throw new Error('what makes no sense');
      if (said.includes('pause')) state = 'pauses';
      if (said.includes('play')) state = 'plays';
      if (said.includes('leave')) state = 'leaves';
      return { answer: Buffer.from(`${settings}: ${said}`), state, about: { said } };
    },
  };
}
