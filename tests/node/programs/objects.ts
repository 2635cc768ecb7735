// Programs about objects at size, each run in a process of its own: node objects.ts <name> [argument]. Prints JSON.
import { get, init, kill, listObjects, type ObjectRef, ObjectStoreFullError, put, shutdown } from 'troupe'
import { bytes, checksum, checksumOf, Reader } from './object-actors.ts'

const mebibyte = 2 ** 20
const budget = 256 * mebibyte

interface Inside {
  readonly memory: { readonly usage: { readonly memoryBytes: number; readonly diskBytes: number } }
  readonly objects: { readonly counts: { readonly lent: number; readonly borrowed: number } }
}
/** The runtime of this realm, to look at its books. */
const inside = (): Inside =>
  (globalThis as unknown as Record<symbol, { runtime: Inside }>)[Symbol.for('troupe')]!.runtime

const programs: Readonly<Record<string, (argument: string) => Promise<object>>> = {
  /** 2 GiB in objects of 8 MiB, all alive at once; with `dry` the same without puts. */
  async overflow(argument) {
    const isDry = argument === 'dry'
    const [count, size] = [256, 8 * mebibyte]
    await init({ objectStoreMemory: budget, numCpus: 1 })
    const refs: ObjectRef<Uint8Array>[] = []
    let most = 0
    for (let i = 0; i < count; i++) {
      const value = bytes(size, i)
      if (!isDry) refs.push(put(value))
      most = Math.max(most, inside().memory.usage.memoryBytes)
    }
    const { diskBytes } = inside().memory.usage
    let good = 0
    for (let i = 0; i < count; i++) {
      const expected = checksum(bytes(size, i))
      const value = isDry ? bytes(size, i) : await get(refs[i]!)
      if (checksum(value) === expected) good++
      most = Math.max(most, inside().memory.usage.memoryBytes)
    }
    const inWorker = isDry ? 0 : await get(checksumOf.remote(refs[3]!))
    const isGoodInWorker = isDry || inWorker === checksum(bytes(size, 3))
    for (const ref of refs) ref[Symbol.dispose]()
    const left = inside().memory.usage
    await shutdown()
    return { good, most, diskBytes, isGoodInWorker, left, maxRssBytes: process.resourceUsage().maxRSS * 1024 }
  },

  /** Puts until it is killed. */
  async doomed() {
    await init({ objectStoreMemory: 32 * mebibyte, numCpus: 1 })
    const refs: ObjectRef<Uint8Array>[] = []
    for (let i = 0; ; i++) {
      refs.push(put(bytes(8 * mebibyte, i % 7)))
      if (i === 16) console.log('half way')
      if (i > 16) await new Promise((resolve) => setTimeout(resolve, 10))
      if (refs.length > 24) refs.shift()![Symbol.dispose]()
    }
  },

  /** Does nothing but start, and stays for a moment. */
  async start(argument) {
    await init({ numCpus: 1 })
    await new Promise((resolve) => setTimeout(resolve, Number(argument)))
    await shutdown()
    return {}
  },

  /** Ten actors keep one object of 100 MiB. */
  async share() {
    await init({ numCpus: 10 })
    const readers = Array.from({ length: 10 }, () => Reader.remote())
    await Promise.all(readers.map((reader) => reader.alive()))
    const value = bytes(100 * mebibyte, 5)
    const before = process.memoryUsage().rss
    const ref = put(value, { shared: true })
    const sums = await Promise.all(readers.map((reader) => reader.read([ref])))
    const grown = process.memoryUsage().rss - before
    const good = sums.filter((sum) => sum === checksum(value)).length
    const views = await listObjects()
    await shutdown()
    return { good, grown, places: views.map(({ place }) => place) }
  },

  /** There is room on disk for some objects, not for all. */
  async full() {
    await init({ objectStoreMemory: 16 * mebibyte, numCpus: 1 })
    const kept: ObjectRef<Uint8Array>[] = []
    const errors: string[] = []
    for (let i = 0; i < 20; i++) {
      try {
        kept.push(put(bytes(4 * mebibyte, i)))
      } catch (error) {
        errors.push(error instanceof ObjectStoreFullError ? error.message : `not expected: ${String(error)}`)
      }
    }
    let good = 0
    for (const [i, ref] of kept.entries()) if (checksum(await get(ref)) === checksum(bytes(4 * mebibyte, i))) good++
    kept.shift()![Symbol.dispose]()
    const another = put(bytes(4 * mebibyte, 99))
    if (checksum(await get(another)) === checksum(bytes(4 * mebibyte, 99))) good++
    await shutdown()
    return { kept: kept.length + 1, errors, good }
  },

  /** One object of 1 GiB, in memory and through the disk. */
  async huge(argument) {
    const onDisk = argument === 'disk'
    await init({ numCpus: 1, objectStoreMemory: onDisk ? budget : 3 * 1024 * mebibyte })
    const value = bytes(1024 * mebibyte, 9)
    const ref = put(value)
    const sum = checksum(value)
    const isGood = checksum(await get(ref)) === sum
    const [view] = await listObjects()
    const isGoodInWorker = onDisk || (await get(checksumOf.remote(ref))) === sum
    ref[Symbol.dispose]()
    await shutdown()
    return { isGood, isGoodInWorker, place: view?.place, bytes: view?.bytes }
  },

  /** A hundred thousand objects that go round between realms, some of which are killed. */
  async books() {
    await init({ numCpus: 1 })
    const readers = Array.from({ length: 4 }, () => Reader.remote())
    const total = 100_000
    let count = 0
    for (let round = 0; count < total; round++) {
      const own = Array.from({ length: 2000 }, (_, i) => put(i) as unknown as ObjectRef<Uint8Array>)
      const theirs = (await readers[round % 4]!.make(500)) as unknown as ObjectRef<Uint8Array>[]
      count += own.length + theirs.length
      await Promise.all(readers.map((reader) => reader.keep([...own, ...theirs])))
      if (round % 8 === 5) {
        // It dies with holds on all of them, and takes its own with it.
        kill(readers[round % 4]!)
        readers[round % 4] = Reader.remote()
      }
      for (const ref of [...own, ...theirs]) ref[Symbol.dispose]()
      await Promise.all(readers.map((reader) => reader.drop()))
    }
    for (let i = 0; i < 200; i++) {
      ;(globalThis as { gc?: () => void }).gc!()
      await Promise.all(readers.map((reader) => reader.collect()))
      if ((await listObjects()).length === 0 && inside().objects.counts.lent + inside().objects.counts.borrowed === 0)
        break
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const left = { objects: (await listObjects()).length, ...inside().objects.counts }
    await shutdown()
    return { count, left }
  },
}

const [name = '', argument = ''] = process.argv.slice(2)
console.log(JSON.stringify(await programs[name]!(argument)))
