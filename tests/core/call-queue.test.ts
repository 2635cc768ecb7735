import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CallOrder, CallQueue } from '../../src/core/call-queue.ts'

function serial(): CallQueue<string> {
  return new CallQueue({ maxConcurrency: 1, groups: {} })
}

function from(caller: string, seq: number, session = 0): CallOrder {
  return { caller, session, seq }
}

/** Everything that may start now. */
function startable<T>(queue: CallQueue<T>): { item: T; group: string }[] {
  const started: { item: T; group: string }[] = []
  for (let next = queue.next(); next !== undefined; next = queue.next()) started.push(next)
  return started
}

/** Runs the queue dry; the items in the order they started. */
function run<T>(queue: CallQueue<T>): T[] {
  const order: T[] = []
  for (let started = startable(queue); started.length > 0; started = startable(queue)) {
    order.push(...started.map(({ item }) => item))
    for (const { group } of started) queue.finished(group)
  }
  return order
}

describe('order', () => {
  test('a call that came early waits for the ones before it', () => {
    const queue = serial()
    queue.arrive(from('a', 2), '', 'third')
    queue.arrive(from('a', 1), '', 'second')
    expect(queue.next()).toBeUndefined()
    queue.arrive(from('a', 0), '', 'first')
    expect(run(queue)).toEqual(['first', 'second', 'third'])
  })

  test('callers do not wait for each other', () => {
    const queue = serial()
    queue.arrive(from('a', 1), '', 'a1')
    queue.arrive(from('b', 0), '', 'b0')
    expect(run(queue)).toEqual(['b0'])
    queue.arrive(from('a', 0), '', 'a0')
    expect(run(queue)).toEqual(['a0', 'a1'])
  })

  test('a repeated call runs once, also when it came early', () => {
    const queue = serial()
    queue.arrive(from('a', 1), '', 'one')
    queue.arrive(from('a', 1), '', 'one again')
    queue.arrive(from('a', 0), '', 'zero')
    queue.arrive(from('a', 0), '', 'zero again')
    queue.arrive(from('a', 1), '', 'one once more')
    expect(run(queue)).toHaveLength(2)
    expect(queue.waitingCount).toBe(0)
  })

  test('a new session of a caller counts from 0 again, behind what it had sent before', () => {
    const queue = serial()
    for (const seq of [0, 1]) queue.arrive(from('a', seq, 3), '', `3/${seq}`)
    for (const seq of [1, 0, 0]) queue.arrive(from('a', seq, 5), '', `5/${seq}`)
    queue.arrive(from('b', 0, 0), '', 'b')
    expect(run(queue)).toEqual(['3/0', '3/1', '5/0', '5/1', 'b'])
    queue.arrive(from('a', 2, 3), '', 'a repeat of an old session')
    expect(run(queue)).toEqual([])
  })

  test('a caller that has ended leaves what it sent in order, and gives back what waited for the rest', () => {
    const queue = serial()
    for (const seq of [0, 1, 3, 4]) queue.arrive(from('a', seq), '', `a${seq}`)
    queue.arrive(from('b', 1), '', 'b1')
    expect(queue.forget('a')).toEqual(['a3', 'a4'])
    expect(queue.forget('a')).toEqual([])
    expect(queue.callerCount).toBe(1)
    queue.arrive(from('b', 0), '', 'b0')
    expect(run(queue)).toEqual(['a0', 'a1', 'b0', 'b1'])
  })

  test('whoever ends, whenever: the others keep their order, and nothing is remembered of the ended ones', () => {
    const event = fc.oneof(
      { weight: 9, arbitrary: fc.record({ arrives: fc.nat({ max: 3 }), place: fc.nat({ max: 99 }) }) },
      { weight: 1, arbitrary: fc.record({ ends: fc.nat({ max: 3 }) }) },
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), fc.integer({ min: 1, max: 3 }), (events, maxConcurrency) => {
        const queue = new CallQueue<string>({ maxConcurrency, groups: {} })
        // A caller's calls come in any order; the next caller of that number is another one.
        const callers = [0, 1, 2, 3].map((number) => ({ name: `${number}`, sent: new Set<number>(), life: 0 }))
        const expected = new Map<string, number>()
        const ran: string[] = []
        const contiguous = (sent: ReadonlySet<number>): number => {
          let count = 0
          while (sent.has(count)) count++
          return count
        }
        for (const step of events) {
          if ('ends' in step) {
            const caller = callers[step.ends]!
            const given = queue.forget(caller.name)
            expect(given.length).toBe(caller.sent.size - contiguous(caller.sent))
            expected.set(caller.name, contiguous(caller.sent))
            callers[step.ends] = { name: `${step.ends}.${caller.life + 1}`, sent: new Set(), life: caller.life + 1 }
          } else {
            const caller = callers[step.arrives]!
            // One of the next four of its calls, so that gaps come and are filled.
            const free = [0, 1, 2, 3].map((n) => contiguous(caller.sent) + n).filter((seq) => !caller.sent.has(seq))
            const seq = free[step.place % free.length]!
            caller.sent.add(seq)
            queue.arrive(from(caller.name, seq), '', `${caller.name}/${seq}`)
          }
          if (ran.length % 2 === 0) ran.push(...run(queue))
        }
        ran.push(...run(queue))
        for (const caller of callers) {
          queue.forget(caller.name)
          expected.set(caller.name, contiguous(caller.sent))
        }
        expect(queue.callerCount).toBe(0)
        for (const [name, count] of expected) {
          const seen = ran.filter((item) => item.startsWith(`${name}/`))
          expect(seen).toEqual(Array.from({ length: count }, (_, seq) => `${name}/${seq}`))
        }
      }),
    )
  })

  test('by whatever path and however often calls arrive, each caller has its own in order and once', () => {
    const plan = fc
      .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 3 }))
      .chain(([callers, calls, limit]) => {
        const all = Array.from({ length: callers * calls }, (_, i) => ({ caller: i % callers, seq: (i / callers) | 0 }))
        const repeats = all.length === 0 ? fc.constant([]) : fc.subarray(all)
        return repeats.chain((again) =>
          fc.record({
            callers: fc.constant(callers),
            calls: fc.constant(calls),
            limit: fc.constant(limit),
            arrivals: fc.shuffledSubarray([...all, ...again], {
              minLength: all.length + again.length,
              maxLength: all.length + again.length,
            }),
            turns: fc.array(fc.boolean(), { maxLength: 50 }),
          }),
        )
      })
    const property = fc.property(plan, ({ callers, calls, limit, arrivals, turns }) => {
      const queue = new CallQueue<{ caller: number; seq: number }>({ maxConcurrency: limit, groups: {} })
      const started: { caller: number; seq: number }[] = []
      let running = 0
      arrivals.forEach((call, i) => {
        queue.arrive(from(`caller${call.caller}`, call.seq), '', call)
        for (const { item } of startable(queue)) {
          started.push(item)
          running++
        }
        expect(queue.runningCount).toBe(running)
        expect(running).toBeLessThanOrEqual(limit)
        if (turns[i] && running > 0) {
          queue.finished('')
          running--
        }
      })
      while (running-- > 0) queue.finished('')
      started.push(...run(queue))
      for (let caller = 0; caller < callers; caller++) {
        const seqs = started.filter((call) => call.caller === caller).map(({ seq }) => seq)
        expect(seqs).toEqual(Array.from({ length: calls }, (_, seq) => seq))
      }
      expect([queue.runningCount, queue.waitingCount]).toEqual([0, 0])
    })
    fc.assert(property, { numRuns: 200 })
  })

  test('thousands of waiting calls keep their order', () => {
    const queue = new CallQueue<number>({ maxConcurrency: 1, groups: {} })
    for (let i = 0; i < 5000; i++) queue.arrive(from('a', i), '', i)
    expect(queue.waitingCount).toBe(5000)
    const order: number[] = []
    for (let next = queue.next(); next !== undefined; next = queue.next()) {
      order.push(next.item)
      queue.finished(next.group)
      if (order.length % 100 === 0) queue.arrive(from('a', 4900 + order.length), '', 4900 + order.length)
      if (order.length > 6000) break
    }
    expect(order.slice(0, 5000)).toEqual(Array.from({ length: 5000 }, (_, i) => i))
  })
})

describe('limits', () => {
  test('no more run at once than may', () => {
    const queue = new CallQueue<number>({ maxConcurrency: 2, groups: {} })
    for (let i = 0; i < 4; i++) queue.arrive(from('a', i), '', i)
    expect(startable(queue).map(({ item }) => item)).toEqual([0, 1])
    queue.finished('')
    expect(startable(queue).map(({ item }) => item)).toEqual([2])
    expect([queue.runningCount, queue.waitingCount]).toEqual([2, 1])
  })

  test('a full group holds up neither the others nor the calls behind it', () => {
    const queue = new CallQueue<string>({ maxConcurrency: 1, groups: { io: 2 } })
    expect([queue.hasGroup('io'), queue.hasGroup(''), queue.hasGroup('cpu')]).toEqual([true, true, false])
    ;['io', 'io', 'io', '', ''].forEach((group, i) => queue.arrive(from('a', i), group, `${group}${i}`))
    const started = startable(queue)
    expect(started.map(({ item }) => item).sort()).toEqual(['3', 'io0', 'io1'])
    queue.finished('io')
    expect(startable(queue)).toEqual([{ item: 'io2', group: 'io' }])
    queue.finished('')
    expect(startable(queue)).toEqual([{ item: '4', group: '' }])
  })

  test('a call with a group that does not exist is a bug of the shell', () => {
    expect(() => serial().arrive(from('a', 0), 'bogus', 'zero')).toThrow(/^bug:/)
  })
})

describe('taking out', () => {
  test('a removed call never starts; those behind it do', () => {
    const queue = serial()
    for (let i = 0; i < 3; i++) queue.arrive(from('a', i), '', `${i}`)
    expect(queue.next()?.item).toBe('0')
    expect(queue.remove((item) => item === '1')).toBe('1')
    expect(queue.remove((item) => item === '1')).toBeUndefined()
    expect(queue.remove((item) => item === '0')).toBeUndefined()
    queue.finished('')
    expect(run(queue)).toEqual(['2'])
  })

  test('a call that came early can be removed before its turn', () => {
    const queue = serial()
    queue.arrive(from('a', 1), '', 'one')
    expect(queue.remove((item) => item === 'one')).toBe('one')
    queue.arrive(from('a', 0), '', 'zero')
    queue.arrive(from('a', 2), '', 'two')
    expect(run(queue)).toEqual(['zero', 'two'])
  })

  test('drain gives everything that has not started, in order, early calls too', () => {
    const queue = new CallQueue<string>({ maxConcurrency: 1, groups: { io: 1 } })
    queue.arrive(from('a', 0), '', 'running')
    queue.arrive(from('a', 1), '', 'waiting')
    queue.arrive(from('a', 2), 'io', 'grouped')
    queue.arrive(from('a', 4), '', 'early')
    expect(queue.next()?.item).toBe('running')
    expect(queue.drain()).toEqual(['waiting', 'grouped', 'early'])
    expect(queue.waitingCount).toBe(0)
    expect(queue.next()).toBeUndefined()
    expect(queue.runningCount).toBe(1)
  })
})

test('the counts are those of a queue that counts each time, whatever happens', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('arrive' as const), group: fc.constantFrom('', 'io'), seq: fc.nat({ max: 30 }) }),
    fc.record({ type: fc.constantFrom('next', 'finish', 'remove', 'drain', 'forget') }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const queue = new CallQueue<number>({ maxConcurrency: 2, groups: { io: 1 } })
      const waiting: number[] = []
      const running: string[] = []
      let next = 0
      const early = new Map<number, number>()
      for (const [number, one] of steps.entries()) {
        if (one.type === 'arrive') {
          const { group, seq } = one as { group: string; seq: number }
          if (seq >= next) early.set(seq, number)
          queue.arrive(from('a', seq), group, number)
          for (; early.has(next); next++) waiting.push(early.get(next)!)
        } else if (one.type === 'next') {
          const started = queue.next()
          if (started !== undefined) {
            running.push(started.group)
            waiting.splice(waiting.indexOf(started.item), 1)
          }
        } else if (one.type === 'finish' && running.length > 0) queue.finished(running.pop()!)
        else if (one.type === 'remove' && waiting.length > 0) {
          const [item] = waiting.splice(number % waiting.length, 1)
          expect(queue.remove((other) => other === item)).toBe(item)
        } else if (one.type === 'drain') {
          queue.drain()
          waiting.length = 0
          early.clear()
        } else if (one.type === 'forget') {
          queue.forget('a')
          early.clear()
          next = 0
        }
        expect([queue.runningCount, queue.waitingCount]).toEqual([running.length, waiting.length])
      }
    }),
    { numRuns: 300 },
  )
})
