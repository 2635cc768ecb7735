import {
  type ActorHandle,
  actor,
  get,
  getSync,
  type ObjectRef,
  proxy,
  put,
  runtimeContext,
  task,
  transfer,
} from 'troupe'
import { Counter } from './counter.ts'
import { CustomError, failCustom } from './errors.ts'
import { collectHere, sleep } from './platform.ts'
import { add, fail, slow, twice } from './tasks.ts'

interface Counting {
  inc(by?: number): number
  boom(): never
}
interface Hanging {
  hang(onStart: () => void): Promise<never>
}
interface Blocks {
  blockOn(others: readonly ActorHandle<Blocks>[], back: ActorHandle<Blocks>): string
  ping(): string
}

/** Keeps its realm busy: nothing is received meanwhile. */
function burn(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Has methods that are not async, and wants values all the same. */
export const Blocker = actor(
  class Blocker {
    readonly #log: string[] = []

    read(refs: readonly ObjectRef<unknown>[]): unknown[] {
      return getSync(refs) as unknown[]
    }
    ownPut(value: unknown): unknown {
      return getSync(put(value))
    }
    count(counter: ActorHandle<Counting>, times: number): number[] {
      const early = counter.inc.remote()
      // Its answer is here before anybody waits for it.
      burn(30)
      const first = getSync(early)
      return [first, ...getSync(Array.from({ length: times }, () => counter.inc.remote()))]
    }
    oneByOne(counter: ActorHandle<Counting>, times: number): number {
      let sum = 0
      for (let i = 0; i < times; i++) sum += getSync(counter.inc.remote())
      return sum
    }
    tasks(): readonly [number, number] {
      return getSync([add.remote(slow.remote(20, 1), 2), add.remote(20, 20)])
    }
    fresh(value: number): readonly [number, number] {
      const counter = Counter.remote(value)
      return [getSync(counter.inc.remote()), getSync(counter.inc.remote(getSync(counter.inc.remote())))]
    }
    /** The callee reads an object of this actor while this one blocks. */
    lends(reader: ActorHandle<{ sum(refs: readonly ObjectRef<number>[]): Promise<number> }>): number {
      return getSync(reader.sum.remote([put(20), add.remote(20, 2), put(numbers())] as never))
    }
    errors(counter: ActorHandle<Counting>): string[] {
      const seen: string[] = []
      for (const make of [() => counter.boom.remote(), () => failCustom.remote(), () => add.remote(fail.remote(), 1)]) {
        try {
          getSync(make() as ObjectRef<unknown>)
          seen.push('nothing')
        } catch (error) {
          const { name, message, code } = error as Error & { code?: unknown }
          seen.push(`${name} ${String(code)} ${error instanceof CustomError} ${message}`)
        }
      }
      return seen
    }
    late(ms: number, timeout: number): string {
      const ref = slow.remote(ms, 7)
      const start = performance.now()
      try {
        getSync(ref, { timeout })
        return 'no error'
      } catch (error) {
        const waited = performance.now() - start
        if (waited < timeout - 1 || waited > timeout + ms / 2) return `after ${waited} ms`
        return `${(error as Error).name} ${getSync(ref)}`
      }
    }
    async lateThenAsync(ms: number): Promise<string> {
      const ref = slow.remote(ms, 7)
      try {
        getSync(ref, { timeout: 5 })
      } catch (error) {
        return `${(error as Error).name} ${await get(ref)}`
      }
      return 'no error'
    }
    /** What holds a ref comes here, and is let go of. */
    nested(ref: readonly [ObjectRef<{ readonly inner: ObjectRef<number> }>]): number {
      const { inner } = getSync(ref[0])
      const value = getSync(inner)
      inner[Symbol.dispose]()
      return value
    }
    keeps(counter: ActorHandle<Counting>): [ObjectRef<number>] {
      return [counter.inc.remote()]
    }
    log(entry: string): void {
      this.#log.push(entry)
    }
    logAround(other: ActorHandle<{ sleep(ms: number): Promise<number> }>, ms: number): void {
      this.#log.push('start')
      getSync(other.sleep.remote(ms))
      this.#log.push('end')
    }
    logged(): readonly string[] {
      return this.#log
    }
    async hears(door: () => Promise<void>): Promise<string> {
      const waiting = door().then(() => this.#log.push('heard'))
      getSync(slow.remote(20, 1))
      await waiting
      return this.#log.join()
    }
    ping(): string {
      return 'pong'
    }
    /** Blocks for the first of the others, which blocks for the next, and the last for `back`. */
    blockOn([next, ...rest]: readonly ActorHandle<Blocks>[], back: ActorHandle<Blocks>): string {
      return getSync(next === undefined ? back.ping.remote() : next.blockOn.remote(rest, back))
    }
    self(): unknown {
      const me = runtimeContext().currentActor as ActorHandle<Blocks>
      return getSync([add.remote(1, 2), me.ping.remote()])
    }
    /** Blocks for a ref that is handed to it while it runs. */
    async blockOnGiven(give: () => Promise<[ObjectRef<string>]>): Promise<string> {
      const [ref] = await give()
      return getSync(ref)
    }
    /** Waits for the death of the other, and tells how long that took. */
    watch(mortal: ActorHandle<{ exit(code: number): Promise<never> }>): [name: string, ms: number] {
      const start = performance.now()
      try {
        getSync(mortal.exit.remote(3))
        return ['answered', 0]
      } catch (error) {
        return [(error as Error).name, performance.now() - start]
      }
    }
    watchHanging(counter: ActorHandle<Hanging>, onStart: () => Promise<void>): string {
      try {
        getSync(counter.hang.remote(proxy(onStart)))
        return 'answered'
      } catch (error) {
        return (error as Error).name
      }
    }
    /** Counts in both ways by turns, with all kinds of pauses between them. */
    async mixed(counter: ActorHandle<Counting>, rounds: number): Promise<number[]> {
      const counts: number[] = []
      const pauses = [() => undefined, () => Promise.resolve(), () => sleep(0), () => sleep(1), () => burn(2)]
      for (let i = 0; i < rounds; i++) {
        const early = counter.inc.remote()
        const pause = pauses[i % pauses.length]!
        if (i % 2 === 0) await pause()
        counts.push(getSync(early))
        if (i % 3 === 0) await pause()
        counts.push(await counter.inc())
        const [a, b] = [counter.inc(), counter.inc.remote()]
        counts.push(getSync(b) - 1)
        counts.push((await a) + 1)
        await pause()
      }
      return counts
    }
    /** A value that is larger than what comes at once. */
    large(bytes: number): boolean {
      const sent = new Uint8Array(bytes).map((_, i) => (i * 31) % 253)
      const [got, again] = getSync(twice.remote({ sent, text: 'ü'.repeat(bytes / 4) })) as { sent: Uint8Array }[]
      return got === again && got!.sent.length === bytes && got!.sent.every((byte, i) => byte === sent[i])
    }
    /** What can only be moved. */
    async port(): Promise<string> {
      const ref = portOf.remote('hello')
      let seen = ''
      try {
        getSync(ref)
        seen = 'came'
      } catch (error) {
        seen = (error as Error).name
      }
      const { port } = await get(ref)
      const text = await new Promise((resolve) => {
        port.onmessage = ({ data }) => resolve(data)
      })
      port.close()
      return `${seen} ${String(text)}`
    }
    misuse(): string[] {
      const names: string[] = []
      const refs: (() => unknown)[] = [
        () => getSync(5 as never),
        () => getSync(put(1), { timeout: Number.POSITIVE_INFINITY }),
        () => getSync(put(1), { timeout: -1 }),
        () => getSync(put(1), { signal: 1 } as never),
      ]
      for (const act of refs) {
        try {
          act()
          names.push('nothing')
        } catch (error) {
          names.push((error as Error).name)
        }
      }
      return names
    }
    collect(): void {
      collectHere()
    }
  },
  import.meta,
)

function numbers(): number {
  return 2
}

/** Reads what it is given. */
export const Reader = actor(
  class Reader {
    async sum(refs: readonly ObjectRef<number>[]): Promise<number> {
      await sleep(10)
      return (await get([...refs])).reduce((sum, value) => sum + value, 0)
    }
    collect(): void {
      collectHere()
    }
  },
  import.meta,
)

/** A port at which a text waits. */
const portOf = task(
  function portOf(text: string): { readonly port: MessagePort } {
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(text)
    return transfer({ port: port2 }, [port2])
  },
  import.meta,
)

/** Starts another task, which starts the next, and blocks for it. */
export const sumSync: Summing = task(
  function sumOf(depth: number): number {
    return depth === 0 ? 1 : getSync(sumSync.remote(depth - 1)) + getSync(add.remote(1, 1))
  },
  import.meta,
)
interface Summing {
  remote(depth: number): ObjectRef<number>
}
