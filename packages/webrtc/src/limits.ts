/** What one peer may make this node keep and do. Both sides of a link have their own; the smaller of the two holds. */
export interface PeerLimits {
  /** The largest message on the control channel, in bytes. */
  readonly maxControlBytes: number
  /** The largest message on the bulk channel, in bytes. */
  readonly maxBulkBytes: number
  /** So much of each channel may be on its way, not acknowledged, in bytes. */
  readonly windowBytes: number
  /** So much may wait to be sent on each channel, in bytes: `post` throws beyond it. */
  readonly maxQueuedBytes: number
  /** More messages a second than this wait; in the end their sender does. */
  readonly messagesPerSecond: number
  /** More bytes a second than this wait; in the end their sender does. */
  readonly bytesPerSecond: number
}

const MIB = 2 ** 20

/** The limits of a peer, unless told otherwise. */
export const defaultLimits: PeerLimits = {
  maxControlBytes: 16 * MIB,
  maxBulkBytes: 1024 * MIB,
  windowBytes: 8 * MIB,
  maxQueuedBytes: 1024 * MIB,
  messagesPerSecond: 1_000_000,
  bytesPerSecond: Number.POSITIVE_INFINITY,
}
