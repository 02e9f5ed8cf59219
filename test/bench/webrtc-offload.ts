import { NO_NAMESPACES } from '../helpers/namespaces.js';
import { compare, LOADS } from './relay-udp.js';
import { type Row, report } from './report.js';

/**
 * CPU of the media port's process, nft's with it, where the kernel carries the datagrams and where
 * we do.
 */
export async function run(): Promise<void> {
  if (NO_NAMESPACES) {
    console.log(`left out: ${NO_NAMESPACES}`);
    return;
  }
  const rows: Row[] = [];
  for (const pace of LOADS) rows.push(...(await compare(pace, '', ['webrtc', 'offload'])));
  await report('webrtc-offload', 'UDP, datagrams of 1200 bytes both ways', rows);
}
