import type { Tell } from './stage.js';

/** Tells by the picture itself whether media flow. */
export function watch(video: HTMLVideoElement, tell: Tell): void {
  video.onplaying = () => tell.running();
  video.onwaiting = () => tell.waiting();
}
