import type { Channel } from 'troupe/adapter'
import { check, rejection, same } from './checks.ts'
import { clonableValues } from './clonable-values.ts'
import { difference } from './difference.ts'

export interface ChannelSuiteOptions {
  /** How long nothing must come before it counts as never coming, in milliseconds. */
  readonly quietMs?: number
  /** How long messages may take, in milliseconds. */
  readonly patienceMs?: number
  /** The platform cannot tell one side that the other has closed. */
  readonly isSilentClose?: boolean
}

/** One thing every channel has to do. `run` rejects when this one does not; any test runner can run it. */
export interface ChannelCase {
  readonly title: string
  run(): Promise<void>
}

/** What the other side of a channel has heard. */
interface Heard {
  readonly messages: unknown[]
  readonly closes: string[]
  /** Resolves with the first messages when there are so many. */
  count(expected: number): Promise<unknown[]>
}

interface Ends {
  readonly a: Channel
  readonly b: Channel
  hear(channel: Channel): Heard
}

interface Body {
  readonly title: string
  /** Whether this channel says that it can do this. */
  readonly asks?: (channel: Channel) => boolean
  run(ends: Ends, options: Required<ChannelSuiteOptions>): Promise<void>
}

/**
 * What every implementation of Channel has to do. `open` gives the two ends of a new channel each time; each case closes
 * its own. What a channel says it cannot carry is not tried.
 */
export function channelSuite(
  open: () => readonly [Channel, Channel] | PromiseLike<readonly [Channel, Channel]>,
  { quietMs = 50, patienceMs = 10_000, isSilentClose = false }: ChannelSuiteOptions = {},
): ChannelCase[] {
  return [...roundTrips, ...cases, ...closing].map(({ title, asks, run }) => ({
    title,
    async run() {
      const [a, b] = await open()
      try {
        if (asks?.(a) !== false)
          await run({ a, b, hear: (end) => hear(end, patienceMs) }, { quietMs, patienceMs, isSilentClose })
      } finally {
        a.close()
        b.close()
      }
    },
  }))
}

function hear(channel: Channel, patienceMs: number): Heard {
  const messages: unknown[] = []
  const closes: string[] = []
  let wake = (): void => {}
  channel.listen(
    (message) => {
      messages.push(message)
      wake()
    },
    (reason) => {
      closes.push(reason)
      wake()
    },
  )
  return {
    messages,
    closes,
    async count(expected) {
      const timer = setTimeout(() => wake(), patienceMs)
      const endMs = performance.now() + patienceMs - 1
      while (messages.length < expected && performance.now() < endMs)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      clearTimeout(timer)
      check(messages.length >= expected, `${messages.length} message(s) came of ${expected}`)
      return messages
    },
  }
}

const quiet = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const canClone = (channel: Channel): boolean => !channel.capabilities.bytes

const roundTrips: readonly Body[] = clonableValues.map(({ title, make }) => ({
  title: `carries ${title}`,
  asks: canClone,
  async run({ a, b, hear }) {
    const heard = hear(b)
    a.post(make())
    const [value] = await heard.count(1)
    same(difference(make(), value), undefined)
  },
}))

const cases: readonly Body[] = [
  {
    title: 'delivers once and in order, both ways at once',
    async run({ a, b, hear }) {
      const [atA, atB] = [hear(a), hear(b)]
      for (let index = 0; index < 1000; index++) {
        a.post(bytesOf(index))
        b.post(bytesOf(-index))
      }
      same((await atB.count(1000)).map(numberOf), numbers(1))
      same((await atA.count(1000)).map(numberOf), numbers(-1))
    },
  },
  {
    title: 'delivers nothing before somebody listens, and all of it then',
    async run({ a, b, hear }, { quietMs }) {
      for (let index = 0; index < 10; index++) a.post(bytesOf(index))
      await quiet(quietMs)
      same((await hear(b).count(10)).map(numberOf), numbers(1).slice(0, 10))
    },
  },
  {
    title: 'copies a message when it is posted',
    async run({ a, b, hear }) {
      const heard = hear(b)
      const bytes = new Uint8Array([1, 2, 3])
      a.post(bytes)
      bytes.fill(9)
      same([...((await heard.count(1))[0] as Uint8Array)], [1, 2, 3])
      ;(heard.messages[0] as Uint8Array).fill(7)
      same([...bytes], [9, 9, 9])
    },
  },
  {
    title: 'throws at once when a message cannot be copied, and sends nothing of it',
    asks: canClone,
    async run({ a, b, hear }) {
      const heard = hear(b)
      a.post('before')
      check((await rejection(() => a.post([1, () => {}]))) !== undefined, 'a function was taken')
      a.post('after')
      same(await heard.count(2), ['before', 'after'])
    },
  },
  {
    title: 'moves what is transferred',
    asks: ({ capabilities }) => capabilities.transfer,
    async run({ a, b, hear }) {
      const heard = hear(b)
      const bytes = new Uint8Array([1, 2, 3])
      a.post({ bytes }, [bytes.buffer])
      same(bytes.byteLength, 0)
      same([...((await heard.count(1))[0] as { bytes: Uint8Array }).bytes], [1, 2, 3])
    },
  },
  {
    title: 'carries shared memory as the same memory',
    asks: ({ capabilities }) => capabilities.sharedMemory && typeof SharedArrayBuffer !== 'undefined',
    async run({ a, b, hear }) {
      const heard = hear(b)
      const there = new Int32Array(new SharedArrayBuffer(4))
      a.post(there)
      const [here] = (await heard.count(1)) as [Int32Array]
      Atomics.store(here, 0, 42)
      same(Atomics.load(there, 0), 42)
    },
  },
  {
    title: 'carries ports',
    asks: ({ capabilities }) => capabilities.ports,
    async run({ a, b, hear }) {
      const heard = hear(b)
      const { port1, port2 } = new MessageChannel()
      const echoed = new Promise((resolve) => {
        port1.onmessage = (event) => resolve(event.data)
      })
      a.post([port2], [port2])
      const [[port]] = (await heard.count(1)) as [[MessagePort]]
      port.postMessage('through')
      same(await echoed, 'through')
      port1.close()
      port.close()
    },
  },
]

const closing: readonly Body[] = [
  {
    title: 'tells the other side once that it was closed',
    async run({ a, b, hear }, { quietMs, isSilentClose }) {
      const heard = hear(b)
      a.close()
      a.close()
      await quiet(quietMs)
      const { closes } = heard
      check(closes.length <= 1, `it was told ${closes.length} times`)
      check(isSilentClose || closes.length === 1, 'it was not told')
      check(
        closes.every((reason) => reason !== ''),
        'it was told without a reason',
      )
    },
  },
  {
    title: 'delivers nothing after it was closed, and takes no harm from what is posted',
    async run({ a, b, hear }, { quietMs }) {
      const [atA, atB] = [hear(a), hear(b)]
      a.post(bytesOf(1))
      await atB.count(1)
      a.close()
      a.post(bytesOf(2))
      b.post(bytesOf(3))
      await quiet(quietMs)
      same([atA.messages.length, atB.messages.length], [0, 1])
    },
  },
]

// Bytes, so that channels that carry nothing else can be asked too.
function bytesOf(number: number): Uint8Array {
  return new Uint8Array(Int32Array.of(number).buffer)
}

function numberOf(message: unknown): number {
  const bytes = message as Uint8Array
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true)
}

const numbers = (sign: number): number[] => Array.from({ length: 1000 }, (_, index) => sign * index + 0)
