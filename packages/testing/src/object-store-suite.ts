import type { ObjectStore, StoreItem, StoreReading } from 'troupe/adapter'
import { check, rejection, same } from './checks.ts'
import { clonableValues, patterned } from './clonable-values.ts'
import { type DifferenceOptions, difference } from './difference.ts'

export interface StoreSuiteOptions extends DifferenceOptions {
  /** The store keeps the values it is given themselves, so that it cannot refuse any. */
  readonly keepsReferences?: boolean
}

/** One thing every store has to do. `run` rejects when this one does not; any test runner can run it. */
export interface StoreCase {
  readonly title: string
  run(): Promise<void>
}

type Body = (store: ObjectStore) => Promise<void>

/**
 * What every implementation of ObjectStore has to do. `open` gives a new, empty store each time; each case closes its
 * own.
 */
export function objectStoreSuite(
  open: () => ObjectStore | PromiseLike<ObjectStore>,
  options: StoreSuiteOptions = {},
): StoreCase[] {
  const roundTrips = clonableValues.map(({ title, make }): [string, Body] => [
    `gives back ${title}`,
    async (store) => {
      await store.write([item('a', make())])
      same(difference(make(), (await read(store, 'a')).value, options), undefined)
    },
  ])
  const refusals = options.keepsReferences ? [] : refusalCases
  return [...roundTrips, ...cases(options), ...refusals].map(([title, body]) => ({
    title,
    async run() {
      const store = await open()
      try {
        await body(store)
      } finally {
        await store.close()
      }
    },
  }))
}

const cases = (options: StoreSuiteOptions): [string, Body][] => [
  [
    'keeps a thousand values of one write apart',
    async (store) => {
      const value = (index: number) => ({ index, bytes: patterned(index, index) })
      await store.write(Array.from({ length: 1000 }, (_, index) => item(`id-${index}`, value(index), index)))
      same(store.usage, { count: 1000, bytes: 499_500 })
      await Promise.all(
        Array.from({ length: 1000 }, async (_, index) => {
          same(difference(value(index), (await read(store, `id-${index}`)).value, options), undefined)
        }),
      )
      await store.delete(Array.from({ length: 999 }, (_, index) => `id-${index}`))
      same(difference(value(999), (await read(store, 'id-999')).value, options), undefined)
    },
  ],
  [
    'gives copies that nobody else sees where it says so, as often as it is asked',
    async (store) => {
      const make = () => ({ numbers: new Float64Array(20_000).fill(7), list: [1] })
      await store.write([item('a', make())])
      const first = await read(store, 'a')
      if (first.isPrivate) {
        const value = first.value as ReturnType<typeof make>
        value.numbers.fill(0)
        value.list.push(2)
      }
      same(difference(make(), (await read(store, 'a')).value, options), undefined)
    },
  ],
  [
    'counts what it keeps, exactly',
    async (store) => {
      same(store.usage, { count: 0, bytes: 0 })
      await store.write([item('a', 1, 8), item('b', 'text', 30)])
      same(store.usage, { count: 2, bytes: 38 })
      await store.write([item('c', patterned(100_000), 100_000)])
      same(store.usage, { count: 3, bytes: 100_038 })
      await store.delete(['b', 'nothing', 'b'])
      same(store.usage, { count: 2, bytes: 100_008 })
      await store.write([])
      await store.delete([])
      await store.delete(['a', 'c'])
      same(store.usage, { count: 0, bytes: 0 })
    },
  ],
  [
    'refuses an id that is taken, and keeps nothing of that write',
    async (store) => {
      await store.write([item('a', 'first')])
      for (const write of [
        [item('b', 2), item('a', 'second')],
        [item('c', 1), item('c', 2)],
      ]) {
        const error = await rejection(async () => store.write(write))
        check(error instanceof RangeError, `a RangeError was to be thrown, not ${error}`)
      }
      same((await read(store, 'a')).value, 'first')
      for (const id of ['b', 'c']) await expectLost(store, id)
      same(store.usage, { count: 1, bytes: 8 })
      await store.write([item('b', 'now'), item('c', 'too')])
      same((await read(store, 'c')).value, 'too')
    },
  ],
  [
    'rejects with ObjectLostError for an id that is not kept',
    async (store) => {
      await expectLost(store, 'never')
      await store.write([item('a', 1)])
      await store.delete(['a'])
      await expectLost(store, 'a')
      await expectLost(store, 'toString')
    },
  ],
  [
    'passes over ids that are not kept when it deletes, and takes an id again afterwards',
    async (store) => {
      await store.delete(['a'])
      await store.write([item('a', 'old'), item('b', 'stays')])
      await store.delete(['nothing', 'a', 'a'])
      await store.delete(['a'])
      await store.write([item('a', 'new')])
      same((await read(store, 'a')).value, 'new')
      same((await read(store, 'b')).value, 'stays')
    },
  ],
  [
    'takes ids of any characters',
    async (store) => {
      const ids = ['', '/', '..', '../a', 'a/b', 'a\\b', 'ä🎭', '\0', '__proto__', ' ', 'x'.repeat(2000)]
      await store.write(ids.map((id, index) => item(id, index)))
      for (const [index, id] of ids.entries()) same((await read(store, id)).value, index)
    },
  ],
  [
    'answers reads that were asked before a delete, and none that are asked after it',
    async (store) => {
      const ids = Array.from({ length: 40 }, (_, index) => `id-${index}`)
      await store.write(ids.map((id, index) => item(id, patterned(10_000, index))))
      const before = ids.map((id) => read(store, id))
      const deletions = ids.filter((_, index) => index % 2 === 0).map(async (id) => store.delete([id]))
      const after = ids.map((id) => rejection(() => read(store, id)))
      for (const [index, reading] of before.entries()) {
        same(difference(patterned(10_000, index), (await reading).value, options), undefined)
      }
      await Promise.all(deletions)
      for (const [index, error] of (await Promise.all(after)).entries()) {
        same((error as Error | undefined)?.name, index % 2 === 0 ? 'ObjectLostError' : undefined)
      }
      same(store.usage, { count: 20, bytes: 160 })
    },
  ],
  [
    'keeps writes of one turn apart, of which one fails',
    async (store) => {
      await store.write([item('taken', 0)])
      const writes = ['a', 'taken', 'b'].map((id) => rejection(async () => store.write([item(id, { id })])))
      const errors = await Promise.all(writes)
      same(
        errors.map((error) => (error as Error | undefined)?.name),
        [undefined, 'RangeError', undefined],
      )
      same(difference({ id: 'a' }, (await read(store, 'a')).value, options), undefined)
      same(store.usage.count, 3)
    },
  ],
  [
    'reads and deletes what is still being written',
    async (store) => {
      const written = Promise.all(['a', 'b'].map(async (id) => store.write([item(id, id)])))
      same((await read(store, 'a')).value, 'a')
      await store.delete(['b'])
      await written
      await expectLost(store, 'b')
      same(store.usage, { count: 1, bytes: 8 })
    },
  ],
  [
    'returns no promises where it says that it is synchronous',
    async (store) => {
      const results = [store.write([item('a', 1)]), store.delete(['a']), store.close()]
      const isSync = results.every((result) => result === undefined)
      await Promise.all(results)
      check(isSync === store.isSync, `isSync is ${store.isSync}, and its methods returned ${results.join()}`)
    },
  ],
  [
    'forgets everything at its close, and takes nothing afterwards',
    async (store) => {
      await store.write([item('a', patterned(100_000), 100_000), item('b', 2)])
      await store.close()
      same(store.usage, { count: 0, bytes: 0 })
      await expectLost(store, 'a')
      check((await rejection(async () => store.write([item('c', 1)]))) instanceof Error, 'a write was to be refused')
      await store.delete(['a'])
      await store.close()
    },
  ],
]

const refusalCases: [string, Body][] = [
  [
    'refuses what cannot be copied, names its path, and keeps nothing of that write',
    async (store) => {
      await store.write([item('a', 'kept')])
      const layers = [{}, { large: patterned(100_000), activation: () => 1 }]
      for (const bad of [{ layers }, new Map([['layers', layers]])]) {
        const error = await rejection(async () => store.write([item('b', patterned(100_000)), item('c', bad)]))
        same((error as Error | undefined)?.name, 'SerializationError')
        const { path } = error as { path?: string }
        check(/layers.*\[1\]\.activation$/.test(String(path)), `the path is ${path}`)
      }
      for (const bad of [Symbol('s'), Promise.resolve(1), new WeakMap()]) {
        same(((await rejection(async () => store.write([item('d', bad)]))) as Error).name, 'SerializationError')
      }
      for (const id of ['b', 'c', 'd']) await expectLost(store, id)
      same(store.usage, { count: 1, bytes: 8 })
      await store.write([item('b', 'now')])
      same((await read(store, 'a')).value, 'kept')
    },
  ],
]

function item(id: string, value: unknown, bytes = 8): StoreItem {
  return { id, value, bytes }
}

async function read(store: ObjectStore, id: string): Promise<StoreReading> {
  return await store.read(id)
}

async function expectLost(store: ObjectStore, id: string): Promise<void> {
  const error = await rejection(() => read(store, id))
  same((error as Error | undefined)?.name, 'ObjectLostError')
  same((error as { objectId?: string }).objectId, id)
}
