import { httpChunk } from '../../protocol/http/chunks.js';
import type { Batch } from '../media/batch.js';
import { flvHeader } from '../media/flv.js';
import type { Packet } from '../media/packet.js';
import { audioWriter } from '../ts/audio.js';
import { TsMuxer } from '../ts/muxer.js';

type Has = { audio: boolean; video: boolean };
type Writer = (packets: readonly Packet[]) => Buffer;

/** Encoding of a live stream over HTTP; each player has its own. */
export interface LiveFormat {
  readonly contentType: string;
  /** Bytes before all media; may be empty. */
  readonly head: (has: Has) => Buffer;
  readonly encode: (batch: Batch) => Buffer;
}

const NOTHING = Buffer.alloc(0);

/** Encodes as an HTTP chunk; an empty chunk would end the body. */
function chunked(writer: Writer): LiveFormat['encode'] {
  return ({ packets }) => {
    const bytes = writer(packets);
    return bytes.length === 0 ? NOTHING : httpChunk([bytes]);
  };
}

function tsWriter(): Writer {
  const muxer = new TsMuxer();
  return (packets) => muxer.write(packets);
}

const FLV: LiveFormat = {
  contentType: 'video/x-flv',
  head: (has) => httpChunk([flvHeader(has)]),
  encode: (batch) => batch.encode('flv'),
};

const OTHERS: Readonly<Record<string, () => LiveFormat>> = {
  ts: () => ({ contentType: 'video/MP2T', head: () => NOTHING, encode: chunked(tsWriter()) }),
  aac: () => ({
    contentType: 'audio/x-aac',
    head: () => NOTHING,
    encode: chunked(audioWriter('aac')),
  }),
  mp3: () => ({
    contentType: 'audio/mpeg',
    head: () => NOTHING,
    encode: chunked(audioWriter('mp3')),
  }),
};

/** Returns the format for a mount's extension; as in SRS, any other is FLV. */
export function createFormat(mount: string): LiveFormat {
  const extension = mount.slice(mount.lastIndexOf('.') + 1);
  const make = Object.hasOwn(OTHERS, extension) ? OTHERS[extension] : undefined;
  return make?.() ?? FLV;
}
