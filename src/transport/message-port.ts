import type { Channel, ChannelCapabilities } from '../protocol/channel.ts'
import type { AwayPort, AwayPortOwner, Courier, PortLike } from '../protocol/platform.ts'

interface NodePort extends PortLike {
  on(event: 'message', listener: (message: unknown) => void): void
  on(event: 'close', listener: () => void): void
  unref(): void
}
interface DomPort extends PortLike {
  onmessage: ((event: { data: unknown }) => void) | null
  addEventListener(event: 'close', listener: () => void): void
}

const capabilities: ChannelCapabilities = { ports: true, transfer: true, sharedMemory: true, bytes: false }

/** A channel over a MessagePort of Node or a browser. The port's close event tells that the other realm has ended. */
export class MessagePortChannel implements Channel, AwayPortOwner {
  readonly capabilities: ChannelCapabilities = capabilities
  #port: PortLike
  /** The port while it is elsewhere. */
  #away: AwayPort | undefined
  #isClosed = false
  #onMessage: ((message: unknown) => void) | undefined
  #onClose: ((reason: string) => void) | undefined
  /** Something waits at it that cannot come while this realm blocks. */
  isStuck = false

  constructor(port: PortLike) {
    this.#port = port
  }

  post(message: unknown, transfer?: readonly object[]): void {
    if (this.#away !== undefined) this.#away.post(message, transfer)
    else if (transfer === undefined) this.#port.postMessage(message)
    else this.#port.postMessage(message, transfer as never)
  }

  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void {
    this.#onMessage = onMessage
    this.#onClose = onClose
    this.#listen()
  }

  #listen(): void {
    if ('on' in this.#port) {
      const port = this.#port as NodePort
      port.on('message', (message) => this.deliver(message))
      port.on('close', () => this.closed())
      port.unref()
    } else {
      const port = this.#port as DomPort
      // A port that went elsewhere is another object afterwards.
      port.addEventListener('close', () => port === this.#port && this.#away === undefined && this.closed())
      port.onmessage = (event) => this.deliver(event.data)
    }
  }

  close(): void {
    this.#isClosed = true
    if (this.#away !== undefined) this.#away.close()
    else this.#port.close()
  }

  /** Hands over what has come, without the event loop, where `take` can have it. False: nothing had come. */
  receiveNow(take: (port: PortLike) => { readonly message: unknown } | undefined): boolean {
    let hasReceived = false
    for (let taken = take(this.#port); taken !== undefined; taken = take(this.#port)) {
      hasReceived = true
      this.deliver(taken.message)
    }
    return hasReceived
  }

  /** Its port goes elsewhere, until that gives it back. */
  sendAway(courier: Pick<Courier, 'take'>): void {
    if (this.#away === undefined && !this.#isClosed) this.#away = courier.take(this.#port, this)
  }

  deliver(message: unknown): void {
    this.#onMessage?.(message)
  }

  closed(): void {
    this.#onClose?.('its port was closed')
  }

  stuck(): void {
    this.isStuck = true
  }

  returned(port: PortLike): void {
    this.#port = port
    this.#away = undefined
    this.isStuck = false
    if (this.#isClosed) port.close()
    else this.#listen()
  }
}
