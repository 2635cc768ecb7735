import { init, type ObjectRef, put } from 'troupe'
import { Reader } from './object-reader.ts'
import type { Measured } from './row.ts'
import { estimate, median, ratiosOf } from './statistics.ts'

const bytes = 16 * 2 ** 20
const blockCount = 40
const callsPerBlock = 10

/** Puts 16 MiB into shared memory against memcpy, and reads them in a second worker against an empty call of it. */
export async function measureObjects(onProgress: (text: string) => void): Promise<Measured[]> {
  await using _runtime = await init({ numCpus: 2 })
  const [first, second] = [Reader.remote(), Reader.remote()]
  await Promise.all([first.empty(), second.empty()])
  onProgress('objects: warms up')
  // The code of both sides is compiled before it is measured.
  for (let i = 0; i < 400; i++) {
    using ref = put(new Float32Array(16_384), { shared: true })
    await Promise.all([first.timeOfGet([ref]), second.timeOfGet([ref])])
  }
  const source = new Float32Array(bytes / 4).fill(1.5)
  const target = new Float32Array(bytes / 4)
  const ms = { copy: [] as number[], put: [] as number[], get: [] as number[], call: [] as number[] }
  const call = async (): Promise<void> => {
    for (let i = 0; i < callsPerBlock; i++) times.push(await timeOfCall(() => second.empty()))
  }
  let times: number[] = []
  for (let block = 0; block <= blockCount; block++) {
    source[source.length - 1] = block
    let ref = undefined as unknown as ObjectRef<Float32Array>
    const copyIt = (): unknown => ms.copy.push(timeOf(() => target.set(source)))
    const putIt = (): unknown =>
      ms.put.push(
        timeOf(() => {
          ref = put(source, { shared: true })
        }),
      )
    // Who goes first alternates: what one leaves in the caches helps the other.
    for (const act of block % 2 === 0 ? [copyIt, putIt] : [putIt, copyIt]) act()
    await first.timeOfGet([ref])
    times = []
    await call()
    const { ms: getMs, last } = await second.timeOfGet([ref])
    await call()
    if (last !== block) throw new Error(`bug: block ${block}: the reader has seen ${last}`)
    ms.get.push(getMs)
    ms.call.push(median(times))
    ref[Symbol.dispose]()
    await Promise.all([first.collect(), second.collect()])
    await new Promise((resolve) => setTimeout(resolve, 20))
    onProgress(`objects: block ${block} of ${blockCount}`)
  }
  // The first block fills the pool of buffers and is not counted.
  const steady = (figures: readonly number[]): readonly number[] => figures.slice(1)
  return [
    {
      id: 'put-shared-16m',
      subject: 'put',
      work: 'put of a 16 MiB Float32Array into shared memory: speed',
      value: median(steady(ms.put)),
      unit: 'ms',
      comparedWith: 'memcpy',
      goal: { atLeast: 0.6 },
      ...estimate(ratiosOf(steady(ms.copy), steady(ms.put))),
    },
    {
      id: 'get-shared-16m',
      subject: 'get',
      work: 'get of it in a second worker: time',
      value: median(steady(ms.get)),
      unit: 'ms',
      comparedWith: 'an empty call',
      goal: { atMost: 3 },
      ...estimate(ratiosOf(steady(ms.get), steady(ms.call))),
    },
  ]
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
