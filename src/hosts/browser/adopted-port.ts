import type { AwayPort, AwayPortOwner, PortLike } from '../../protocol/platform.ts'

/** A port that came to a worker while it blocked: its page has it, until the worker gets it with the others. */
export class AdoptedPort implements PortLike, AwayPortOwner {
  onmessage: ((event: { data: unknown }) => void) | null = null
  readonly id: number
  /** Undefined once the port is here. */
  away: AwayPort | undefined
  /** The port itself, once it is here. */
  real: MessagePort | undefined
  readonly #closeListeners: (() => void)[] = []

  constructor(id: number, away: AwayPort) {
    this.id = id
    this.away = away
  }

  postMessage(message: unknown, list?: never): void {
    if (this.away !== undefined) this.away.post(message, list)
    else this.real?.postMessage(message, list as unknown as Transferable[])
  }

  close(): void {
    if (this.away !== undefined) this.away.close()
    else this.real?.close()
  }

  addEventListener(_event: 'close', listener: () => void): void {
    this.#closeListeners.push(listener)
  }

  deliver(message: unknown): void {
    this.onmessage?.({ data: message })
  }

  closed(): void {
    for (const listener of this.#closeListeners) listener()
  }

  // Whoever uses it by now notices what does not come.
  stuck(): void {}

  returned(port: PortLike): void {
    const real = port as unknown as MessagePort
    this.away = undefined
    this.real = real
    real.addEventListener('close', () => this.closed())
    real.onmessage = (event) => this.deliver(event.data)
  }
}
