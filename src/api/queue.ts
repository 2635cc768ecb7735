import { checkBoolean, checkKeys, checkNumber } from '../runtime/checks.ts'
import { QueueActor, type QueueState } from './queue-actor.ts'
import type { ActorHandle } from './types/actors.ts'

/** How long to wait for room or for an item. */
export interface QueueWait {
  /** False: not at all. Default true. */
  block?: boolean
  /** Milliseconds. Default: without end. */
  timeout?: number
}

/** A first-in, first-out queue that any realm can use: an actor underneath. Pass `queue.actor` to share it. */
export class Queue<T> implements AsyncIterable<T>, Disposable {
  readonly actor: ActorHandle<QueueState>

  /** @param options `maxSize`: how many items it holds (0, the default: any number); or the `actor` of another Queue. */
  constructor(options: { maxSize?: number; actor?: ActorHandle<QueueState> } = {}) {
    checkKeys(options, ['maxSize', 'actor'], 'new Queue')
    checkNumber(options.maxSize, { name: 'maxSize', where: 'new Queue', min: 0, isInteger: true })
    this.actor = options.actor ?? QueueActor.remote(options.maxSize ?? 0)
  }

  /** Adds an item; waits for room. Rejects with QueueFullError when there is none in time. */
  async put(item: T, options: QueueWait = {}): Promise<void> {
    await this.actor.put(item, waitMs(options, 'queue.put'))
  }

  /** Takes the oldest item; waits for one. Rejects with QueueEmptyError when there is none in time. */
  async get(options: QueueWait = {}): Promise<T> {
    return (await this.actor.take(waitMs(options, 'queue.get'))) as T
  }

  putNowait(item: T): Promise<void> {
    return this.put(item, { block: false })
  }

  getNowait(): Promise<T> {
    return this.get({ block: false })
  }

  size(): Promise<number> {
    return this.actor.size()
  }

  async isEmpty(): Promise<boolean> {
    return (await this.size()) === 0
  }

  /** The items as they come, without end: leave the loop with break. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) yield await this.get()
  }

  /** Lets this handle of the queue go. */
  [Symbol.dispose](): void {
    this.actor[Symbol.dispose]()
  }
}

function waitMs(options: QueueWait, where: string): number {
  checkKeys(options, ['block', 'timeout'], where)
  checkBoolean(options.block, 'block', where)
  checkNumber(options.timeout, { name: 'timeout', where, min: 0 })
  if (options.block === false) return 0
  return options.timeout ?? -1
}
