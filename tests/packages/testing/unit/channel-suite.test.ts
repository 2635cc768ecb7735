import { channelSuite, MemoryChannel } from '@troupe/testing'
import type { Channel } from 'troupe/adapter'
import { describe, expect, test } from 'vitest'

type Listener = (message: unknown) => void

/** A right channel but for the one thing that a fault changes. */
class FaultyChannel implements Channel {
  readonly right: MemoryChannel
  constructor(right: MemoryChannel) {
    this.right = right
  }
  get capabilities() {
    return this.right.capabilities
  }
  post(message: unknown, transfer?: readonly object[]): void {
    this.right.post(message, transfer)
  }
  listen(onMessage: Listener, onClose: (reason: string) => void): void {
    this.right.listen(onMessage, onClose)
  }
  close(): void {
    this.right.close()
  }
}

const faults: Readonly<Record<string, readonly [failing: string, fault: typeof FaultyChannel]>> = {
  'messages come twice': [
    'delivers once and in order, both ways at once',
    class extends FaultyChannel {
      override post(message: unknown, transfer?: readonly object[]) {
        super.post(message)
        super.post(message, transfer)
      }
    },
  ],
  'a later message overtakes': [
    'delivers once and in order, both ways at once',
    class extends FaultyChannel {
      #held: [unknown] | undefined
      override listen(onMessage: Listener, onClose: (reason: string) => void) {
        super.listen((message) => {
          const held = this.#held
          this.#held = held === undefined ? [message] : undefined
          if (held === undefined) return void setTimeout(() => this.#let(onMessage), 20)
          onMessage(message)
          onMessage(held[0])
        }, onClose)
      }
      #let(onMessage: Listener) {
        if (this.#held !== undefined) onMessage(this.#held[0])
        this.#held = undefined
      }
    },
  ],
  'messages before a listener are dropped': [
    'delivers nothing before somebody listens, and all of it then',
    class Deaf extends FaultyChannel {
      static listenerCount = 0
      constructor(right: MemoryChannel) {
        super(right)
        Deaf.listenerCount = 0
      }
      override post(message: unknown, transfer?: readonly object[]) {
        if (Deaf.listenerCount > 0) super.post(message, transfer)
      }
      override listen(onMessage: Listener, onClose: (reason: string) => void) {
        Deaf.listenerCount++
        super.listen(onMessage, onClose)
      }
    },
  ],
  'messages are not copied': [
    'copies a message when it is posted',
    class extends FaultyChannel {
      override post(message: unknown, transfer?: readonly object[]) {
        if (message instanceof Uint8Array && message.length === 3) {
          setTimeout(() => super.post(message, transfer), 5)
        } else super.post(message, transfer)
      }
    },
  ],
  'what cannot be copied is left out': [
    'throws at once when a message cannot be copied, and sends nothing of it',
    class extends FaultyChannel {
      override post(message: unknown, transfer?: readonly object[]) {
        try {
          super.post(message, transfer)
        } catch {}
      }
    },
  ],
  'what is transferred is copied': [
    'moves what is transferred',
    class extends FaultyChannel {
      override post(message: unknown, transfer: readonly object[] = []) {
        super.post(
          message,
          transfer.filter((one) => !(one instanceof ArrayBuffer)),
        )
      }
    },
  ],
  'nobody is told of a close': [
    'tells the other side once that it was closed',
    class extends FaultyChannel {
      override listen(onMessage: Listener) {
        super.listen(onMessage, () => {})
      }
    },
  ],
}

describe('the suite of channels', () => {
  test.each(Object.entries(faults))(
    'finds that %s',
    async (_, [failing, Fault]) => {
      const open = (): [Channel, Channel] => {
        const [a, b] = MemoryChannel.pair()
        return [new Fault(a), new Fault(b)]
      }
      const one = channelSuite(open, { quietMs: 20, patienceMs: 200 }).find(({ title }) => title === failing)!
      await expect(one.run()).rejects.toThrow()
    },
    20_000,
  )

  test('asks a channel of bytes for nothing but bytes', async () => {
    const capabilities = { bytes: true, ports: false, transfer: false, sharedMemory: false }
    class Bytes extends FaultyChannel {
      override post(message: unknown) {
        if (!(message instanceof Uint8Array)) throw new TypeError('only bytes travel here')
        super.post(message)
      }
    }
    const open = (): [Channel, Channel] => {
      const [a, b] = MemoryChannel.pair({ capabilities })
      return [new Bytes(a), new Bytes(b)]
    }
    for (const { run } of channelSuite(open, { quietMs: 20, patienceMs: 200 })) await run()
  })
})
