import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from './paths.js';

/** What a page's peer connection is doing. */
export interface PeerState {
  /** RTCPeerConnection's `connectionState`. */
  readonly state: string;
  readonly framesSent: number;
  readonly framesDecoded: number;
  /** The server's candidate that is in use. */
  readonly remote: {
    readonly address: string;
    readonly port: number;
    readonly protocol: string;
  } | null;
}

/** How a page goes about it. */
export interface PeerOptions {
  /** The only one it uses; default: UDP. */
  readonly transport?: 'udp' | 'tcp';
  /** Between the answer to its offer and its first packet. */
  readonly waitMs?: number;
}

/** The answer to an offer. */
export interface Posted {
  readonly status: number;
  readonly location: string | null;
  readonly type: string | null;
  readonly body: string;
}

const SCRIPT = join(ROOT, 'test/fixtures/page/peer.js');

/** A page's own peer connection: publishes the fake camera, or plays. */
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
