/**
 * Most connections of the supervisor itself to one child, by purpose. The connections of clients,
 * a WebRTC offer's included, have places of their own (`children.maxConnections`).
 */
export const OWN_CONNECTIONS = {
  /** Health probes of both ports, a probe of the life before, the search for a wrapped SRS. */
  probe: 6,
  /** Rounds of the API's poller, and its requests for one client or stream. */
  api: 4,
  /** Requests of the hooks: whether a publisher is still there, and its dismissal. */
  hooks: 8,
  /** WebRTC's DELETE and nack, and looks at which sessions live. */
  signalling: 8,
  /** First playlists of HLS viewers; each may wait for a hook. */
  hlsSession: 40,
  hlsPlaylist: 20,
  hlsSegment: 20,
  /** Players of ours that keep a publisher's source. */
  keeper: 64,
  /** Connections from which many viewers of a stream are served. */
  fanout: 32,
  /** ICE over TCP: connections of a session besides its first one. */
  ice: 16,
  /** Requests that another box sends for no stream, such as HLS segments. */
  peer: 16,
} as const;

export type Purpose = keyof typeof OWN_CONNECTIONS;

/**
 * Connections that each child accepts beyond those of its clients: all of the above, and the ones
 * that a child still counts a moment after they have closed. An SRS (7.0.18) that has refused one
 * connection accepts none on that port ever after, so it must never have to refuse one.
 */
export const RESERVED_CONNECTIONS = 256;
