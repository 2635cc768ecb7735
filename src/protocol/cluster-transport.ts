import type { Channel } from './channel.ts'
import type { NodeId } from './ids.ts'

/** What a node says of itself to every node that it is linked to. */
export interface NodeCard {
  readonly nodeId: NodeId
  /** Grows with each start of a node of this name: what an earlier one has said is void. */
  readonly epoch: number
  /** The build of the program. Nodes that both have one, and not the same, do not link; undefined: not compared. */
  readonly buildId?: string
  /** The definitions the node can run. Others have different ones: what one lacks is not placed there. */
  readonly classIds: readonly string[]
}

/** A term and who won it. Term 0: nobody has won one yet. No `nodeId`: the term is taken, and its holder is silent. */
export interface TermHolder {
  readonly term: number
  readonly nodeId?: NodeId
}

/** What a room tells of. Events of one node come in the order in which they happened. */
export type TransportEvent =
  /** A link to the node is up, made by either side. After `nodeLost` or `nodeLeft` it is a new link. */
  | { readonly type: 'nodeSeen'; readonly node: NodeCard; readonly link: PeerLink }
  /** Nothing was heard of it for a while; its link holds what is posted. */
  | { readonly type: 'nodeSuspected'; readonly nodeId: NodeId }
  /** It was suspected and is heard again: the link goes on, nothing was lost, nothing comes twice. */
  | { readonly type: 'nodeHealed'; readonly nodeId: NodeId }
  /** It was silent for too long, or broke the rules: the link is closed. What was under way may or may not have come. */
  | { readonly type: 'nodeLost'; readonly nodeId: NodeId; readonly reason: string }
  /** It ended its link on purpose. */
  | { readonly type: 'nodeLeft'; readonly nodeId: NodeId; readonly reason: string }
  /** Somebody was turned away; nothing of it counts. `error` is an AuthError or a ProtocolError that says why. */
  | { readonly type: 'peerRefused'; readonly error: Error }
  /** A higher term than any known before was won. */
  | { readonly type: 'termSeen'; readonly term: number; readonly nodeId?: NodeId }

/**
 * One of the two ways to a node. Messages are bytes: what is posted is a Uint8Array, and so is what arrives. Closing one
 * ends the link.
 */
export interface PeerChannel extends Channel {
  /** How many bytes were posted here and not yet sent. */
  readonly queuedBytes: number
  /** Resolves when little is queued; also when the channel has closed. A sender of much waits for it between posts. */
  drained(): PromiseLike<void>
}

/**
 * The link to one node. Its two channels are each in order and at most once; between them there is no order. Who a
 * message is from is `nodeId`, which was proven when the link was made: never what the message says.
 */
export interface PeerLink {
  readonly nodeId: NodeId
  /** For short messages: they do not wait for bulk. */
  readonly control: PeerChannel
  /** For large values. */
  readonly bulk: PeerChannel
  /** Ends the link on purpose: both channels close on both sides; the other side has `nodeLeft` with this reason. */
  close(reason: string): void
}

/** How a node joins. */
export interface JoinRequest {
  /** Chosen by the transport unless given. A name that a living node of the room has is refused. */
  readonly nodeId?: NodeId
  readonly epoch: number
  readonly buildId?: string
  readonly classIds: readonly string[]
  /** Never called before `join` has resolved, and never after `leave`. */
  readonly onEvent: (event: TransportEvent) => void
}

/** Which part a node may play: `auto` may win a term, `coordinator` has to, the others never do. */
export type ClusterRole = 'auto' | 'coordinator' | 'worker' | 'driver'

/** A node's seat in its room. Every promise settles, also when the room is left or the other node dies. */
export interface ClusterRoom {
  readonly nodeId: NodeId
  readonly role: ClusterRole
  /** Asks the arbiter, now, for the highest term that was won. */
  highestTerm(): PromiseLike<TermHolder>
  /**
   * Compare and set at the arbiter: true when `term` was one more than the highest, and belongs to this node now. Of
   * any number of claims of one term at most one is true. False for a role that never coordinates.
   */
  claim(term: number): PromiseLike<boolean>
  /**
   * The link to a node: the one there is, or a new one. Rejects with NodeDiedError when there is no such node or no way
   * to it, AuthError when it or this node cannot prove the secret, ProtocolError when the two do not fit together.
   */
  connect(nodeId: NodeId): PromiseLike<PeerLink>
  /** Says goodbye to every node and ends all links. Connects that are under way reject. */
  leave(): PromiseLike<void>
}

/**
 * The way between machines: implement it to form clusters over another medium. One transport stands for one room; each
 * `join` is a node of it.
 */
export interface ClusterTransport {
  /**
   * Takes a seat. Rejects with InsecureContextError where the platform lacks what the proof needs, and with
   * NodeDiedError when the meeting point cannot be reached.
   */
  join(request: JoinRequest): PromiseLike<ClusterRoom>
}
