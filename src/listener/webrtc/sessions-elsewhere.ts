import { createHash } from 'node:crypto';
import { decodeUfrag, isSealed } from '../../protocol/webrtc/ufrag.js';
import type { Boxes } from '../../registry/redis/boxes.js';
import type { Route } from '../route.js';

/**
 * Returns the mark of a box in its WebRTC sessions' ufrags: four letters or digits derived from its
 * id.
 */
export function sessionMark(id: string): string {
  const digest = createHash('sha256').update(id).digest();
  return digest.readBigUInt64BE().toString(36).padStart(4, '0').slice(-4);
}

/**
 * Returns a function that finds the box which answered a session's offer, by the ufrag. It returns
 * null for a ufrag that no living box with our secret has written, so that strangers open nothing,
 * and for one of ours.
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
