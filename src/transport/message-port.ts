import type { Channel, ChannelCapabilities } from '../protocol/channel.ts'
import type { PortLike } from '../protocol/platform.ts'

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
export class MessagePortChannel implements Channel {
  readonly capabilities: ChannelCapabilities = capabilities
  readonly #port: PortLike
  #onMessage: ((message: unknown) => void) | undefined

  constructor(port: PortLike) {
    this.#port = port
  }

  /** Hands over what has come, without the event loop, where `take` can have it. False: nothing had come. */
  receiveNow(take: (port: PortLike) => { readonly message: unknown } | undefined): boolean {
    let hasReceived = false
    for (let taken = take(this.#port); taken !== undefined; taken = take(this.#port)) {
      hasReceived = true
      this.#onMessage?.(taken.message)
    }
    return hasReceived
  }

  post(message: unknown, transfer?: readonly object[]): void {
    if (transfer === undefined) this.#port.postMessage(message)
    else this.#port.postMessage(message, transfer as never)
  }

  listen(onMessage: (message: unknown) => void, onClose: (reason: string) => void): void {
    const closed = (): void => onClose('its port was closed')
    this.#onMessage = onMessage
    if ('on' in this.#port) {
      const port = this.#port as NodePort
      port.on('message', onMessage)
      port.on('close', closed)
      port.unref()
    } else {
      const port = this.#port as DomPort
      port.addEventListener('close', closed)
      port.onmessage = (event) => onMessage(event.data)
    }
  }

  close(): void {
    this.#port.close()
  }
}
