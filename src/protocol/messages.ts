/**
 * What travels between two realms: flat arrays of records, each an opcode followed by a fixed number of fields.
 * Flat, because one array of primitives per microtask is what structured clone copies fastest.
 */
export const Op = {
  /** callId, actorId, incarnation, session, seq, method, args, specials, meta */
  call: 1,
  /** callId, definition, args, specials, meta */
  task: 2,
  /** callId, value, specials */
  value: 3,
  /** callId, thrown, specials */
  error: 4,
  /** callId, index, value, specials: one item of a generator */
  item: 5,
  /** callId: the generator is done */
  end: 6,
  /** callId, count: how many items the reader has taken; -1 stops the producer */
  taken: 7,
  /** callId, reason, specials */
  cancel: 8,
  /** callId, objectId: answered with value or error when the object is there */
  fetch: 9,
  /** objectId, holder, count: the holder has so many holds more (or fewer) */
  hold: 10,
  /** objectId, isError, value, specials, holders: an object of a realm that is about to end */
  handOver: 11,
  /** callId, callbackId, args, specials */
  callback: 12,
  /** name, payload, specials: tells something, no answer */
  notify: 13,
  /** callId, name, payload, specials: asks the control plane; answered with value or error */
  request: 14,
  ping: 15,
  pong: 16,
  /** callId, reason: the callee ended before it answered */
  lost: 17,
  /** callId: a call with a time limit starts to run */
  started: 18,
  /** callId, objectId: answered, without its value, when the object has a value or an error */
  settled: 19,
  /** The last record of a link that is closed: not every platform tells the other side that a port was closed. */
  bye: 20,
  /** callId, objectId, bytes: as fetch, but a value that takes more bytes is answered with its size alone */
  look: 21,
  /** callId, bytes: the answer to a look at a large value */
  sized: 22,
  /** callId, spec of an actor like it, actorId, incarnation, gpuIds, args: makes an actor of plain arguments */
  create: 23,
} as const
export type Opcode = (typeof Op)[keyof typeof Op]

/** Fields that follow each opcode; index = opcode. */
export const fieldCount: readonly number[] = [0, 9, 5, 3, 3, 4, 1, 2, 3, 2, 3, 5, 4, 3, 4, 0, 0, 2, 1, 2, 0, 3, 2, 6]

/** Rare facts of a call. Left out when there are none, which is the usual case. */
export interface CallMeta {
  readonly group?: string
  readonly numReturns?: number
  /** Unread items a generator may have; 0: no limit. */
  readonly backpressure?: number
  readonly name?: string
  /** How often this call was tried before. */
  readonly attempt?: number
  readonly timeout?: number
  /** The arguments that are refs to large values, which the callee fetches from where they are. */
  readonly fetched?: readonly number[]
}
