import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NodeLedger } from '../../src/core/node-ledger.ts'
import { RequestQueue } from '../../src/core/request-queue.ts'
import type { Allocation, ResourceRequest } from '../../src/protocol/specs.ts'

interface Request {
  readonly key: string
  readonly request: ResourceRequest
}

/** A node of 4 CPUs, 2 GPUs and one `special`, and the queue in front of it. */
class Desk {
  readonly queue = new RequestQueue<Request>()
  readonly ledger = new NodeLedger({ cpus: 4, gpus: 2, custom: { special: 1 } })
  readonly given = new Map<string, Allocation>()

  /** Adds requests and offers; the keys of those that started, in order. */
  ask(requests: Readonly<Record<string, Readonly<Record<string, number>>>>): string[] {
    for (const [key, { cpu = 0, gpu = 0, ...custom }] of Object.entries(requests)) {
      this.queue.add({ key, request: { cpu, gpu, custom } })
    }
    return this.offer()
  }

  giveBack(key: string): string[] {
    this.ledger.release(this.given.get(key)!)
    this.given.delete(key)
    return this.offer()
  }

  offer(): string[] {
    const started: string[] = []
    const refused: (readonly string[])[] = []
    const waited = new Set(this.waiting)
    this.queue.offer(
      (one) => uses(one),
      (one) => {
        waited.delete(one.key)
        for (const lacking of refused) expect(uses(one).filter((name) => lacking.includes(name))).toEqual([])
        const allocation = this.ledger.acquire(one.request)
        if (allocation === undefined) {
          const lacking = this.ledger.lacking(one.request)
          expect(lacking).not.toEqual([])
          refused.push(lacking)
          return lacking
        }
        this.given.set(one.key, allocation)
        started.push(one.key)
        return undefined
      },
    )
    // Only what needs something that another is short of was not even tried.
    for (const one of this.queue.values()) {
      if (waited.has(one.key)) expect(uses(one).some((name) => refused.flat().includes(name))).toBe(true)
    }
    return started
  }

  get waiting(): string[] {
    return [...this.queue.values()].map(({ key }) => key)
  }
}

function uses({ request: { cpu, gpu, custom } }: Request): string[] {
  return [...(cpu > 0 ? ['CPU'] : []), ...(gpu > 0 ? ['GPU'] : []), ...Object.keys(custom)]
}

test('what fits starts at once, in order', () => {
  const desk = new Desk()
  expect(desk.ask({ a: { gpu: 1 }, b: { cpu: 1 }, c: { gpu: 1 } })).toEqual(['a', 'b', 'c'])
  expect(desk.queue.size).toBe(0)
})

test('one-GPU requests never pass a two-GPU request that waits, however many come', () => {
  const desk = new Desk()
  expect(desk.ask({ running: { gpu: 1 } })).toEqual(['running'])
  expect(desk.ask({ big: { gpu: 2 } })).toEqual([])
  for (let i = 0; i < 50; i++) expect(desk.ask({ [`small${i}`]: { gpu: 1 } })).toEqual([])
  expect(desk.giveBack('running')).toEqual(['big'])
  expect(desk.giveBack('big')).toEqual(['small0', 'small1'])
})

test('a share of a GPU does not pass a whole one that waits', () => {
  const desk = new Desk()
  desk.ask({ a: { gpu: 1 }, b: { gpu: 0.6 } })
  expect(desk.ask({ whole: { gpu: 1 }, share: { gpu: 0.1 } })).toEqual([])
  expect(desk.giveBack('b')).toEqual(['whole'])
  expect(desk.giveBack('a')).toEqual(['share'])
})

test('requests for other resources pass the one that waits', () => {
  const desk = new Desk()
  desk.ask({ running: { gpu: 2 } })
  expect(desk.ask({ big: { gpu: 2, cpu: 1 }, cpus: { cpu: 4 }, special: { special: 1 }, none: {} })).toEqual([
    'cpus',
    'special',
    'none',
  ])
  // The CPU that `big` also needs is not kept for it, but it has its turn first.
  expect(desk.ask({ more: { cpu: 1 } })).toEqual([])
  expect(desk.giveBack('running')).toEqual([])
  expect(desk.giveBack('cpus')).toEqual(['big', 'more'])
})

test('a removed request lets go those behind it', () => {
  const desk = new Desk()
  desk.ask({ running: { gpu: 1 }, big: { gpu: 2 }, small: { gpu: 1 } })
  expect(desk.waiting).toEqual(['big', 'small'])
  expect(desk.queue.remove('big')).toBe(true)
  expect(desk.queue.remove('big')).toBe(false)
  expect(desk.offer()).toEqual(['small'])
})

test('nothing starves: whatever comes and goes, nobody takes what one ahead is short of, and all have their turn', () => {
  const names = fc.constantFrom(...(['cpu', 'gpu', 'special'] as const))
  const wanted = fc.dictionary(names, fc.constantFrom(0.5, 1), { minKeys: 1, maxKeys: 3 })
  const step = fc.oneof(fc.record({ ask: wanted }), fc.record({ end: fc.nat({ max: 9 }) }))
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const desk = new Desk()
    let number = 0
    for (const now of steps) {
      const running = [...desk.given.keys()]
      if ('ask' in now) desk.ask({ [`r${number++}`]: now.ask })
      else if (running.length > 0) desk.giveBack(running[now.end % running.length]!)
      desk.ledger.checkInvariants()
    }
    for (let first = [...desk.given.keys()][0]; first !== undefined; first = [...desk.given.keys()][0]) {
      desk.giveBack(first)
    }
    expect(desk.queue.size).toBe(0)
    expect(desk.ledger.available()).toEqual(desk.ledger.total())
  })
  fc.assert(property, { numRuns: 300 })
})
