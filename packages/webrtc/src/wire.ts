import type { Lane } from './frames/frame.ts'

/** What a wire tells its owner. */
export interface WireListener {
  /** A frame has come, in the order of its lane. Its bytes belong to the listener. */
  onFrame(lane: Lane, bytes: Uint8Array): void
  /** At most once; nothing comes after it. */
  onClose(reason: string): void
  /** Little waits to be sent on a lane on which much waited. */
  onLow(lane: Lane): void
}

/** One connection between two nodes, which has not proven anything by itself. It may break; another takes its place. */
export interface Wire {
  readonly isInitiator: boolean
  /** The certificates of both ends, as each end sees them: who sits in between has others. */
  readonly initiatorPrint: string
  readonly acceptorPrint: string
  /** Sends a frame. Nothing happens when the wire is closed. */
  send(lane: Lane, frame: Uint8Array<ArrayBuffer>): void
  /** How many bytes wait to be sent. */
  bufferedBytes(lane: Lane): number
  /** From now on, in place of any earlier listener. What came before waits for the first one. */
  listen(listener: WireListener): void
  close(): void
}

/** An address at the meeting point that is held by this node. */
export interface Seat {
  /** Whether the meeting point still counts it as held, as far as is known. */
  readonly isHeld: boolean
  release(): void
}

/** The meeting point where nodes find each other. It is not trusted. */
export interface Meeting {
  /** Takes an address; undefined: somebody has it. Wires to it come to `onWire`. Rejects when it cannot be reached. */
  take(address: string): Promise<Seat | undefined>
  /** Makes a wire to an address. Rejects when nobody is there, or nothing comes back in time. */
  dial(address: string): Promise<Wire>
  /** Gives up every address and ends dials; wires stay. */
  close(): void
}

/** Opens a meeting point; each node has its own. */
export type OpenMeeting = (onWire: (wire: Wire) => void) => Promise<Meeting>
