import type { ConsoleAnswer } from '../../src/console/answer.js';
import type { Feed } from './feed.js';
import type { Route } from './route.js';
import type { Samples } from './samples.js';

/** Parts of the page that panes use. */
export interface Shared {
  readonly samples: Samples;
  readonly feed: Feed;
  /** Asks the supervisor at once, because something else is shown. */
  readonly askNow: () => void;
}

/** One part of the console, of which one is shown at a time. */
export interface Pane {
  readonly element: HTMLElement;
  /** Shows what the address names. */
  readonly go?: (route: Route) => void;
  /** What it asks the supervisor for, beside the figures of the box. */
  readonly query: () => Readonly<Record<string, string>>;
  readonly show: (answer: ConsoleAnswer, isSampled: boolean) => void;
  /** Draws again in other colours. */
  readonly repaint?: () => void;
  readonly close?: () => void;
}
