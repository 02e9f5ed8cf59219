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

  start(url: string, role: 'publish' | 'play', transport: 'udp' | 'tcp' = 'udp'): Promise<Posted> {
    return this.page.evaluate(`startPeer(${JSON.stringify(url)}, '${role}', '${transport}')`);
  }

  state(): Promise<PeerState> {
    return this.page.evaluate('peerState()');
  }

  async close(): Promise<void> {
    await this.page.evaluate('closePeer()');
  }
}
