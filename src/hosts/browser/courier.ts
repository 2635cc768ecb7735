import { Op } from '../../protocol/messages.ts'
import { toBytes } from './bytes.ts'
import { Mailbox } from './mailbox.ts'

/** What a worker that blocks tells its page. */
export type CourierOrder =
  | { readonly courier: 'open'; readonly memory: SharedArrayBuffer; readonly back: MessagePort }
  | { readonly courier: 'reopen'; readonly old: MessagePort; readonly back: MessagePort }
  | { readonly courier: 'take'; readonly id: number; readonly port: MessagePort }
  | { readonly courier: 'send'; readonly id: number; readonly message: unknown; readonly list: Transferable[] }
  | { readonly courier: 'close'; readonly id: number }
  | { readonly courier: 'room' }
  | { readonly courier: 'release'; readonly generation: number }

/** What comes back when the worker does not block any more. */
export interface CourierReturn {
  readonly ports: readonly (readonly [id: number, port: MessagePort])[]
  /** What had no room in the mailbox. */
  readonly rest: readonly Uint8Array[]
  /** What cannot be written as bytes, and what came after it. */
  readonly kept: readonly (readonly [id: number, message: unknown])[]
}

export const FrameKind = { message: 0, closed: 1, stuck: 2 } as const
/** Ports that come while the worker blocks have numbers from here. */
const firstAdopted = 2 ** 31
/** Length, port and kind stand before the bytes of a message. */
export const frameHeadBytes = 9

/** Serves a worker that blocks: has its ports meanwhile, and writes what comes for it into its mailbox. */
export class PageCourier {
  #mailbox: Mailbox | undefined
  #back: MessagePort | undefined
  readonly #ports = new Map<number, MessagePort>()
  #nextAdopted = firstAdopted
  #queue: Uint8Array[] = []
  #kept: (readonly [id: number, message: unknown])[] = []
  readonly #stuck = new Set<number>()
  /** Sent to ports that are on their way back here. */
  #waiting: Extract<CourierOrder, { courier: 'send' | 'close' }>[] = []
  #isReopening = false

  handle(order: CourierOrder): void {
    switch (order.courier) {
      case 'open':
        this.#mailbox = new Mailbox(order.memory)
        this.#back = order.back
        return
      case 'reopen':
        this.#back = order.back
        this.#isReopening = true
        order.old.onmessage = (event: MessageEvent<CourierReturn>) => this.#takeBack(event.data)
        return
      case 'take':
        return this.#take(order.id, order.port)
      case 'send':
      case 'close':
        return this.#relay(order)
      case 'room':
        return this.#write()
      case 'release':
        return this.#release(order.generation)
    }
  }

  /** The worker has ended, and its ports with it. */
  close(): void {
    for (const port of this.#ports.values()) port.close()
    this.#ports.clear()
  }

  #take(id: number, port: MessagePort): void {
    this.#ports.set(id, port)
    port.addEventListener('close', () => {
      if (this.#ports.delete(id)) this.#frame(id, FrameKind.closed, new Uint8Array())
    })
    port.onmessage = (event: MessageEvent<unknown>) => this.#receive(id, event.data)
  }

  #receive(id: number, message: unknown): void {
    const idOf = isMeeting(message) ? (port: MessagePort): number => this.#adopt(port) : undefined
    const bytes = this.#stuck.has(id) ? undefined : toBytes(message, idOf)
    if (bytes !== undefined) return this.#frame(id, FrameKind.message, bytes)
    this.#kept.push([id, message])
    if (this.#stuck.has(id)) return
    this.#stuck.add(id)
    this.#frame(id, FrameKind.stuck, new Uint8Array())
  }

  #adopt(port: MessagePort): number {
    const id = this.#nextAdopted++
    this.#take(id, port)
    return id
  }

  #relay(order: Extract<CourierOrder, { courier: 'send' | 'close' }>): void {
    const port = this.#ports.get(order.id)
    if (port === undefined) {
      if (this.#isReopening) this.#waiting.push(order)
    } else if (order.courier === 'send') port.postMessage(order.message, order.list)
    else {
      this.#ports.delete(order.id)
      port.close()
    }
  }

  #frame(id: number, kind: number, bytes: Uint8Array): void {
    const frame = new Uint8Array(frameHeadBytes + bytes.length)
    const view = new DataView(frame.buffer)
    view.setUint32(0, frame.length)
    view.setUint32(4, id)
    view.setUint8(8, kind)
    frame.set(bytes, frameHeadBytes)
    this.#queue.push(frame)
    this.#write()
  }

  #write(): void {
    if (this.#isReopening) return
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      const count = this.#mailbox!.write(next)
      if (count < next.length) {
        this.#queue[0] = next.subarray(count)
        return
      }
      this.#queue.shift()
    }
  }

  // Not when it blocks again already.
  #release(generation: number): void {
    if (!this.#mailbox!.changeGeneration(generation, -generation)) return
    const ports = [...this.#ports]
    this.#ports.clear()
    this.#stuck.clear()
    const back: CourierReturn = { ports, rest: this.#queue, kept: this.#kept }
    this.#queue = []
    this.#kept = []
    const moved = back.kept.flatMap(([, message]) => transferablesIn(message))
    this.#back!.postMessage(back, [...ports.map(([, port]) => port), ...moved])
  }

  // The worker has blocked again before it got them.
  #takeBack({ ports, rest, kept }: CourierReturn): void {
    this.#isReopening = false
    this.#queue = [...rest, ...this.#queue]
    this.#kept = [...kept, ...this.#kept]
    for (const [id] of kept) this.#stuck.add(id)
    for (const [id, port] of ports) this.#take(id, port)
    const waiting = this.#waiting
    this.#waiting = []
    for (const order of waiting) this.#relay(order)
    this.#write()
  }
}

// Another realm wants a link: the port in it is taken here too.
function isMeeting(message: unknown): boolean {
  return Array.isArray(message) && message[0] === Op.notify && message[1] === 'meet'
}

const movable = ['MessagePort', 'ReadableStream', 'WritableStream', 'TransformStream', 'OffscreenCanvas', 'VideoFrame']

function transferablesIn(message: unknown): Transferable[] {
  const found = new Set<object>()
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || found.has(value)) return
    found.add(value)
    if (ArrayBuffer.isView(value)) return
    if (value instanceof Map) for (const [key, item] of value) [key, item].forEach(visit)
    else if (value instanceof Set) value.forEach(visit)
    else Object.values(value).forEach(visit)
  }
  visit(message)
  const isMovable = (value: object): boolean => movable.includes(Object.prototype.toString.call(value).slice(8, -1))
  return [...found].filter(isMovable) as Transferable[]
}
