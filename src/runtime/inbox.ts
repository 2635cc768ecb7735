import { courier, takeMessage } from '#courier'
import type { Courier } from '../protocol/platform.ts'
import { MessagePortChannel } from '../transport/message-port.ts'
import { SharedBell } from './bell.ts'
import type { Link } from './link.ts'

/** How a realm that blocks gets what its links bring. */
export interface Inbox {
  begin(): void
  end(): void
  /** Reads what has come. False: nothing has. */
  receive(links: ReadonlySet<Link>): boolean
  /** To be read before `receive`. */
  readonly count: number
  /** Blocks until more may have come since `count` was read, at most so many milliseconds. */
  sleep(count: number, ms: number): void
}

/** How this platform brings a realm its messages while it blocks. */
export function makeInbox(): Inbox {
  return courier === undefined ? new PortInbox() : new CourierInbox(courier)
}

/** Takes the messages out of the ports; the peers ring a bell when they have sent some. */
class PortInbox implements Inbox {
  #bell: SharedBell | undefined
  readonly #knowsBell = new WeakSet<Link>()

  begin(): void {
    this.#bell ??= new SharedBell()
    this.#bell.isListening = true
  }
  end(): void {
    this.#bell!.isListening = false
  }

  receive(links: ReadonlySet<Link>): boolean {
    let hasReceived = false
    for (const link of [...links]) {
      const { channel } = link
      if (!this.#knowsBell.has(link) && channel.capabilities.sharedMemory) {
        this.#knowsBell.add(link)
        link.tell('bell', this.#bell!.memory)
      }
      if (channel instanceof MessagePortChannel && channel.receiveNow(takeMessage)) hasReceived = true
    }
    return hasReceived
  }

  get count(): number {
    return this.#bell!.count
  }
  sleep(count: number, ms: number): void {
    this.#bell!.sleep(count, ms)
  }
}

/** Gives the ports to the platform's courier meanwhile. */
class CourierInbox implements Inbox {
  readonly #courier: Courier

  constructor(courier: Courier) {
    this.#courier = courier
  }

  begin(): void {
    this.#courier.begin()
  }
  end(): void {
    this.#courier.end()
  }

  receive(links: ReadonlySet<Link>): boolean {
    for (const { channel } of links) if (channel instanceof MessagePortChannel) channel.sendAway(this.#courier)
    return this.#courier.drain()
  }

  get count(): number {
    return this.#courier.count
  }
  sleep(count: number, ms: number): void {
    this.#courier.sleep(count, ms)
  }
}
