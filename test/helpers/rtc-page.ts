import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from './paths.js';

/** State of a page's peer connection. */
export interface PeerState {
  /** RTCPeerConnection's `connectionState`. */
  readonly state: string;
  readonly framesSent: number;
  readonly framesDecoded: number;
  /** The server's selected candidate. */
  readonly remote: {
    readonly address: string;
    readonly port: number;
    readonly protocol: string;
  } | null;
}

/** Options of a page's peer connection. */
export interface PeerOptions {
  /** The only transport used; default: UDP. */
  readonly transport?: 'udp' | 'tcp';
  /** Milliseconds from the answer to the first packet. */
  readonly waitMs?: number;
}

/** The response to an offer. */
export interface Posted {
  readonly status: number;
  readonly location: string | null;
  readonly type: string | null;
  readonly body: string;
}

const SCRIPT = join(ROOT, 'test/fixtures/page/peer.js');

/** A page's peer connection, which publishes the fake camera or plays. */
export class RtcPage {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  static async on(page: Page): Promise<RtcPage> {
    await page.addScriptTag({ path: SCRIPT });
    return new RtcPage(page);
  }

  start(url: string, role: 'publish' | 'play', options: PeerOptions = {}): Promise<Posted> {
    const [address, how] = [url, options].map((value) => JSON.stringify(value));
    return this.page.evaluate(`startPeer(${address}, '${role}', ${how})`);
  }

  state(): Promise<PeerState> {
    return this.page.evaluate('peerState()');
  }

  async close(): Promise<void> {
    await this.page.evaluate('closePeer()');
  }
}
