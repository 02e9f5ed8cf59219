import type { Logger } from '../logging/logger.js';
import type { OwnerRef } from '../owner.js';
import type { Registry } from '../registry/registry.js';
import type { StreamKey } from '../stream-key.js';
import type { FleetViewOptions } from './fleet-view.js';

export interface PlacementOptions extends FleetViewOptions {
  readonly registry: Registry;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Milliseconds for which a published stream keeps its child after its last client has left. */
  readonly graceMs?: number;
  /** Milliseconds between renewals, well below the registry's lease. */
  readonly renewMs?: number;
  /** Called when a stream has a new owner, so that players waiting in the old one are closed. */
  readonly onMoved?: (stream: StreamKey, from: OwnerRef) => void;
  readonly logger?: Logger;
}
