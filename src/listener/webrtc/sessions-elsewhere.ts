import { createHash } from 'node:crypto';
import { decodeUfrag, isSealed } from '../../protocol/webrtc/ufrag.js';
import type { Boxes } from '../../registry/redis/boxes.js';
import type { Route } from '../route.js';

/** What a box's WebRTC sessions are marked with: four letters or digits that follow from its id. */
export function sessionMark(id: string): string {
  const digest = createHash('sha256').update(id).digest();
  return digest.readBigUInt64BE().toString(36).padStart(4, '0').slice(-4);
}

/**
 * The way to the box that answered a session's offer, by what it wrote into the ufrag. Null for what no
 * living box with our secret has written, so that strangers open nothing; and for our own.
 */
export function sessionsElsewhere(
  boxes: Pick<Boxes, 'list'> | null,
  secret: string | null,
): (username: string) => Route | null {
  if (boxes === null || secret === null) return () => null;
  return (username) => {
    const parts = decodeUfrag(username.slice(0, username.indexOf(':')));
    if (parts === null || !isSealed(parts, secret)) return null;
    const { box: mark, child } = parts;
    for (const [box, { host, ports }] of boxes.list()) {
      if (sessionMark(box) !== mark) continue;
      const to = { host, port: ports.peer, secret };
      const via = { ...to, child, generation: 0, wanted: null };
      return { owner: { id: child, generation: 0, box }, host, ports, via, release: () => {} };
    }
    return null;
  };
}
