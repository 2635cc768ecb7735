import type { AwayPort, AwayPortOwner, Courier, PortLike } from '../../protocol/platform.ts'
import { AdoptedPort } from './adopted-port.ts'
import { fromBytes } from './bytes.ts'
import { type CourierOrder, type CourierReturn, FrameKind, frameHeadBytes } from './courier.ts'
import { Mailbox } from './mailbox.ts'

interface Arrival {
  readonly owner: AwayPortOwner
  readonly kind: number
  /** Of kind `message`. */
  readonly message?: unknown
}

/**
 * A worker's side of its page's courier. The ports stay with the page until the code that blocked has ended, so that
 * blocking many times in a row moves them once; and also when it blocks again before they are back.
 */
export class WorkerCourier implements Courier {
  #mailbox: Mailbox | undefined
  #back: MessagePort | undefined
  readonly #owners = new Map<number, AwayPortOwner>()
  #nextId = 1
  #generation = 0
  #isBlocked = false
  /** The page was asked for the ports: they may be on their way. */
  #isReleasing = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #unread: Uint8Array = new Uint8Array()
  #arrived: Arrival[] = []
  /** Posted while the ports were on their way. */
  #unsent: [id: number, message: unknown, list: Transferable[]][] = []

  begin(): void {
    this.#isBlocked = true
    clearTimeout(this.#timer)
    if (this.#mailbox === undefined) {
      this.#mailbox = new Mailbox()
      this.#order({ courier: 'open', memory: this.#mailbox.memory, back: this.#wayBack() })
    }
    const last = this.#generation++
    if (!this.#isReleasing) this.#mailbox.generation = this.#generation
    else this.#callBack(last)
  }

  // Either the page keeps the ports, or what brings them goes to the page itself.
  #callBack(last: number): void {
    if (!this.#mailbox!.changeGeneration(last, this.#generation)) {
      const old = this.#back!
      this.#order({ courier: 'reopen', old, back: this.#wayBack() }, [old])
      this.#mailbox!.generation = this.#generation
    }
    this.#isReleasing = false
    const unsent = this.#unsent
    this.#unsent = []
    for (const [id, message, list] of unsent) this.#order({ courier: 'send', id, message, list }, list)
  }

  #wayBack(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    this.#back = port1
    port1.onmessage = (event: MessageEvent<CourierReturn>) => this.#takeBack(event.data)
    return port2
  }

  end(): void {
    this.#isBlocked = false
    this.#timer = setTimeout(() => this.#release())
  }

  #release(): void {
    if (this.#isBlocked || this.#isReleasing) return
    this.#isReleasing = true
    this.#order({ courier: 'release', generation: this.#generation })
  }

  take(port: PortLike, owner: AwayPortOwner): AwayPort {
    if (port instanceof AdoptedPort && port.away !== undefined) {
      this.#owners.set(port.id, owner)
      return port.away
    }
    const id = this.#nextId++
    this.#owners.set(id, owner)
    const moved = port instanceof AdoptedPort ? port.real! : (port as unknown as MessagePort)
    this.#order({ courier: 'take', id, port: moved })
    return this.#away(id)
  }

  #adopt(id: number): AdoptedPort {
    const port = new AdoptedPort(id, this.#away(id))
    this.#owners.set(id, port)
    return port
  }

  #away(id: number): AwayPort {
    return {
      post: (message, transfer) => this.#post(id, message, [...((transfer ?? []) as Transferable[])]),
      close: () => {
        this.#owners.delete(id)
        this.#order({ courier: 'close', id })
      },
    }
  }

  #post(id: number, message: unknown, list: Transferable[]): void {
    if (!this.#isReleasing) return this.#order({ courier: 'send', id, message, list }, list)
    const [copy, moved] = structuredClone([message, list] as const, { transfer: list })
    this.#unsent.push([id, copy, [...moved]])
  }

  #order(order: CourierOrder, list: Transferable[] = []): void {
    const port = 'back' in order ? [order.back] : 'port' in order ? [order.port] : []
    ;(globalThis as unknown as Worker).postMessage(order, [...list, ...port])
  }

  get count(): number {
    return this.#mailbox!.writtenCount
  }

  sleep(count: number, ms: number): void {
    this.#mailbox!.sleep(count, ms)
  }

  drain(): boolean {
    this.#read(this.#mailbox!.read())
    if (this.#mailbox!.takeFull()) this.#order({ courier: 'room' })
    return this.#deliver()
  }

  #read(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    let unread = bytes
    if (this.#unread.length > 0) {
      unread = new Uint8Array(this.#unread.length + bytes.length)
      unread.set(this.#unread)
      unread.set(bytes, this.#unread.length)
    }
    while (unread.length >= frameHeadBytes) {
      const view = new DataView(unread.buffer, unread.byteOffset)
      const length = view.getUint32(0)
      if (unread.length < length) break
      const owner = this.#owners.get(view.getUint32(4))
      const kind = view.getUint8(8)
      const message =
        kind === FrameKind.message
          ? fromBytes(unread.subarray(frameHeadBytes, length), (id) => this.#adopt(id))
          : undefined
      if (owner !== undefined) this.#arrived.push({ owner, kind, message })
      unread = unread.subarray(length)
    }
    this.#unread = unread
  }

  // One by one: what is delivered may lead to code that blocks, which goes on with the rest.
  #deliver(): boolean {
    const hasSome = this.#arrived.length > 0
    for (let next = this.#arrived.shift(); next !== undefined; next = this.#arrived.shift()) {
      if (next.kind === FrameKind.message) next.owner.deliver(next.message)
      else if (next.kind === FrameKind.closed) next.owner.closed()
      else next.owner.stuck()
    }
    return hasSome
  }

  #takeBack({ ports, rest, kept }: CourierReturn): void {
    this.#read(this.#mailbox!.read())
    for (const bytes of rest) this.#read(bytes)
    for (const [id, message] of kept) {
      const owner = this.#owners.get(id)
      if (owner !== undefined) this.#arrived.push({ owner, kind: FrameKind.message, message })
    }
    const owners = new Map(this.#owners)
    this.#owners.clear()
    const unsent = this.#unsent
    this.#unsent = []
    this.#isReleasing = false
    const here = new Map(ports)
    for (const [id, port] of ports) {
      const owner = owners.get(id)
      if (owner === undefined) port.close()
      else owner.returned(port as unknown as PortLike)
    }
    for (const [id, message, list] of unsent) here.get(id)?.postMessage(message, list)
    this.#deliver()
  }
}
