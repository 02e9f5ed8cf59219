import type { Session } from './stage.js';

export interface Rates {
  readonly picture: string;
  readonly frames: string;
  readonly bitrate: string;
}

const EVERY_MS = 1000;
const UNKNOWN = '–';
export const NO_RATES: Rates = { picture: UNKNOWN, frames: UNKNOWN, bitrate: UNKNOWN };

/** Looks once a second what comes through. */
export class Meter {
  readonly #video: HTMLVideoElement;
  readonly #session: Session;
  readonly #show: (rates: Rates) => void;
  readonly #timer: ReturnType<typeof setInterval>;
  #frames = 0;
  #at = performance.now();
  #isOver = false;

  constructor(video: HTMLVideoElement, session: Session, show: (rates: Rates) => void) {
    this.#video = video;
    this.#session = session;
    this.#show = show;
    this.#timer = setInterval(() => void this.#look(), EVERY_MS);
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { videoWidth, videoHeight } = this.#video;
    const bits = await this.#session.bitrate();
    if (this.#isOver) return;
    this.#show({
      picture: videoWidth === 0 ? UNKNOWN : `${videoWidth} × ${videoHeight}`,
      frames: this.#countFrames(),
      bitrate: bits === null ? UNKNOWN : printBitrate(bits),
    });
  }

  #countFrames(): string {
    const { totalVideoFrames: total, droppedVideoFrames: dropped } =
      this.#video.getVideoPlaybackQuality();
    const now = performance.now();
    const rate = (total - this.#frames) / ((now - this.#at) / 1000);
    this.#frames = total;
    this.#at = now;
    const lost = dropped === 0 ? '' : `, ${dropped} dropped`;
    return `${Math.max(0, Math.round(rate))} fps${lost}`;
  }
}

function printBitrate(bits: number): string {
  return bits < 1e6 ? `${Math.round(bits / 1000)} kbit/s` : `${(bits / 1e6).toFixed(1)} Mbit/s`;
}
