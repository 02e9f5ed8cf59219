import type { Script } from '../script.js';
import { API } from './api.js';
import { HOOKS } from './hooks.js';
import { HTTP } from './http.js';
import { MEDIA } from './media.js';
import { PLAYERS } from './players.js';
import { PUBLISHERS } from './publishers.js';

export const SCRIPTS: readonly Script[] = [
  ...PUBLISHERS,
  ...PLAYERS,
  ...HTTP,
  ...API,
  ...HOOKS,
  ...MEDIA,
];
