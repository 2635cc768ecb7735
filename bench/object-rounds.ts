import { init, put } from 'troupe'
import { Reader } from './object-actors.ts'

/** What one host has measured: medians of the rounds after the first, and the first. Times are milliseconds. */
export interface ObjectFigures {
  readonly isShared: boolean
  readonly memcpyMs: number
  readonly putMs: number
  readonly firstPutMs: number
  readonly getMs: number
  readonly emptyCallMs: number
  /** memcpy ÷ put, median of the rounds' ratios: 1 is as fast as a copy can be. */
  readonly putSpeed: number
  /** A second worker's get ÷ an empty call, median of the rounds' ratios. */
  readonly getPerCall: number
}

const bytes = 16 * 2 ** 20

/** Puts 16 MB into shared memory and reads them in two workers, by turns with what both are compared with. */
export async function measureObjects(rounds: number): Promise<ObjectFigures> {
  await using _runtime = await init({ numCpus: 2 })
  const readers = [Reader.remote(), Reader.remote()]
  await Promise.all(readers.map((reader) => reader.empty()))
  // The code of both sides is compiled before it is measured.
  for (let i = 0; i < 400; i++) {
    using ref = put(new Float32Array(16_384), { shared: true })
    await Promise.all(readers.map((reader) => reader.timeOfGet([ref])))
  }
  const source = new Float32Array(bytes / 4).fill(1.5)
  const target = new Float32Array(bytes / 4)
  const copies: number[] = []
  const puts: number[] = []
  const gets: number[] = []
  const calls: number[] = []
  let isShared = true
  for (let round = 0; round < rounds; round++) {
    source[source.length - 1] = round
    copies.push(timeOf(() => target.set(source)))
    let ref = undefined as unknown as ReturnType<typeof put<Float32Array>>
    puts.push(
      timeOf(() => {
        ref = put(source, { shared: true })
      }),
    )
    await readers[0]!.timeOfGet([ref])
    const emptyMs: number[] = []
    for (let i = 0; i < 5; i++) emptyMs.push(await timeOfCall(() => readers[1]!.empty()))
    const { ms, last } = await readers[1]!.timeOfGet([ref])
    for (let i = 0; i < 5; i++) emptyMs.push(await timeOfCall(() => readers[1]!.empty()))
    if (last !== round) throw new Error(`round ${round}: the reader has seen ${last}`)
    gets.push(ms)
    calls.push(median(emptyMs))
    isShared &&= typeof SharedArrayBuffer !== 'undefined'
    ref[Symbol.dispose]()
    await Promise.all(readers.map((reader) => reader.collect()))
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const steady = (all: readonly number[]): number => median(all.slice(1))
  const ratios = (above: readonly number[], below: readonly number[]): number =>
    steady(above.map((ms, i) => ms / below[i]!))
  return {
    isShared,
    memcpyMs: steady(copies),
    putMs: steady(puts),
    firstPutMs: puts[0]!,
    getMs: steady(gets),
    emptyCallMs: steady(calls),
    putSpeed: ratios(copies, puts),
    getPerCall: ratios(gets, calls),
  }
}

/** Prints figures as people read them. */
export function formatObjects(host: string, figures: ObjectFigures): string {
  const { memcpyMs, putMs, firstPutMs, putSpeed, getMs, emptyCallMs, getPerCall, isShared } = figures
  return [
    `${host}: 16 MB Float32Array, ${isShared ? 'shared' : 'copied: no shared memory'}`,
    `  put ${putMs.toFixed(2)} ms (first ${firstPutMs.toFixed(1)}), memcpy ${memcpyMs.toFixed(2)} ms: ${putSpeed.toFixed(2)} x memcpy speed (goal 0.6)`,
    `  get in a second worker ${(getMs * 1000).toFixed(0)} us, empty call ${(emptyCallMs * 1000).toFixed(0)} us: ${getPerCall.toFixed(2)} calls (goal 3)`,
  ].join('\n')
}

function timeOf(act: () => void): number {
  const start = performance.now()
  act()
  return performance.now() - start
}

async function timeOfCall(act: () => PromiseLike<unknown>): Promise<number> {
  const start = performance.now()
  await act()
  return performance.now() - start
}

function median(all: readonly number[]): number {
  return [...all].sort((a, b) => a - b)[all.length >> 1]!
}
