import { MemoryChannel } from '@troupe/testing'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { fieldCount, Op } from '../../src/protocol/messages.ts'
import { Connection } from '../../src/transport/connection.ts'
import type { Pending } from '../../src/transport/pending-table.ts'

type Entry = readonly [op: number, ...fields: unknown[]]

/** One side: a connection, and what it has read. */
class Side {
  readonly channel: MemoryChannel
  readonly connection: Connection
  readonly read: Entry[] = []
  readonly closed: string[] = []
  onRead: ((entry: Entry) => void) | undefined

  constructor(channel: MemoryChannel) {
    this.channel = channel
    this.connection = new Connection(channel, (reason) => this.closed.push(reason))
    this.connection.listen({
      read: (op, batch, at) => {
        const entry: Entry = [op, ...batch.slice(at, at + fieldCount[op]!)]
        this.read.push(entry)
        this.onRead?.(entry)
      },
    })
  }

  /** A call that waits for its answer, and what it was told. */
  wait(told: string[] = []): { id: number; told: string[] } {
    const pending: Pending = {
      onValue: (value) => told.push(`value ${JSON.stringify(value)}`),
      onError: (thrown) => told.push(`error ${JSON.stringify(thrown)}`),
      onLost: (reason) => told.push(`lost ${reason}`),
    }
    return { id: this.connection.pending.add(pending), told }
  }
}

function sides(): [Side, Side] {
  const [a, b] = MemoryChannel.pair({ isManual: true })
  return [new Side(a), new Side(b)]
}
const turn = (): Promise<void> => Promise.resolve()

describe('batches', () => {
  test('the first record of a turn goes at once, the rest together at its end', async () => {
    const [near, far] = sides()
    for (let i = 0; i < 4; i++) near.connection.send(Op.taken, `o${i}`, i)
    expect(near.channel.posted).toEqual([[Op.taken, 'o0', 0]])
    await turn()
    expect(near.channel.posted).toHaveLength(2)
    expect(near.channel.posted[1]).toEqual([1, 2, 3].flatMap((i) => [Op.taken, `o${i}`, i]))
    far.channel.arrive()
    expect(far.read).toEqual([0, 1, 2, 3].map((i) => [Op.taken, `o${i}`, i]))
  })

  test('a batch is cut at about 64 records', async () => {
    const [near, far] = sides()
    for (let i = 0; i < 1000; i++) near.connection.send(Op.end, i)
    await turn()
    for (const batch of near.channel.posted) expect((batch as unknown[]).length).toBeLessThanOrEqual(2 * 64)
    expect(near.channel.posted.length).toBeLessThan(30)
    far.channel.arrive()
    expect(far.read.map(([, id]) => id)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
  })

  test('the next turn starts anew', async () => {
    const [near] = sides()
    near.connection.send(Op.end, 1)
    await turn()
    near.connection.send(Op.end, 2)
    expect(near.channel.posted).toEqual([
      [Op.end, 1],
      [Op.end, 2],
    ])
  })

  test('answers made while a batch is read go out together', () => {
    const [near, far] = sides()
    far.onRead = ([, id]) => far.connection.send(Op.value, id, 'ok', undefined)
    const calls = [1, 2, 3].map(() => near.wait())
    near.channel.post(calls.flatMap(({ id }) => [Op.fetch, id, 'o']))
    far.channel.arrive()
    expect(far.channel.posted).toHaveLength(1)
    near.channel.arrive()
    expect(calls.map(({ told }) => told)).toEqual([['value "ok"'], ['value "ok"'], ['value "ok"']])
  })

  test('what is sent and what is posted arrive in the order they were made', async () => {
    const actions = fc.array(fc.constantFrom('send', 'post', 'flush', 'turn'), { maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(actions, async (plan) => {
        const [near, far] = sides()
        let count = 0
        for (const action of plan) {
          if (action === 'send') near.connection.send(Op.end, count++)
          else if (action === 'post') near.connection.post([Op.notify, count++, { big: [1] }, undefined])
          else if (action === 'flush') near.connection.flush()
          else await turn()
        }
        await turn()
        far.channel.arrive()
        expect(far.read.map(([, id]) => id)).toEqual(Array.from({ length: count }, (_, i) => i))
      }),
      { numRuns: 100 },
    )
  })

  test('a posted object is copied as it is at the call, and moved when it is listed', () => {
    const [near, far] = sides()
    const value = { x: 1 }
    const buffer = new ArrayBuffer(8)
    near.connection.post([Op.notify, 'n', value, undefined])
    value.x = 2
    near.connection.post([Op.notify, 'm', buffer, undefined], [buffer])
    expect(buffer.byteLength).toBe(0)
    far.channel.arrive()
    expect(far.read[0]).toEqual([Op.notify, 'n', { x: 1 }, undefined])
    expect((far.read[1]![2] as ArrayBuffer).byteLength).toBe(8)
  })

  test('a post that cannot be copied throws, and what came before and after it arrives', async () => {
    const [near, far] = sides()
    near.connection.send(Op.end, 0)
    near.connection.send(Op.end, 1)
    expect(() => near.connection.post([Op.notify, 'n', () => 1, undefined])).toThrow()
    near.connection.send(Op.end, 2)
    await turn()
    far.channel.arrive()
    expect(far.read.map(([, id]) => id)).toEqual([0, 1, 2])
  })
})

describe('answers', () => {
  test('each goes to the call that waits for it, once', () => {
    const [near, far] = sides()
    const [a, b, c] = [near.wait(), near.wait(), near.wait()]
    far.connection.send(Op.error, b.id, 'oops', undefined)
    far.connection.send(Op.lost, c.id, 'the actor has ended')
    far.connection.send(Op.value, a.id, 1, undefined)
    far.connection.send(Op.value, a.id, 2, undefined)
    far.connection.flush()
    near.channel.arrive()
    expect([a.told, b.told, c.told]).toEqual([['value 1'], ['error "oops"'], ['lost the actor has ended']])
    expect(near.connection.pending.count).toBe(0)
  })

  test('answers to calls that nobody made change nothing', () => {
    const [near] = sides()
    const call = near.wait()
    for (const id of [0, -1, 99, 1.5, 'length', 'push', '__proto__', null, undefined, Number.NaN])
      expect(() => near.channel.inject([Op.value, id, 1, undefined]), String(id)).not.toThrow()
    near.channel.inject([Op.value, call.id, 'mine', undefined])
    expect(call.told).toEqual(['value "mine"'])
    expect(near.wait().id % 2 ** 22, 'its slot is free again, and only that').toBe(call.id)
  })

  test('a ping is answered by itself; a pong is heard', () => {
    const [near, far] = sides()
    near.connection.send(Op.ping)
    far.channel.arrive()
    expect([far.read, far.connection.heardCount]).toEqual([[], 1])
    near.channel.arrive()
    expect([near.read, near.connection.heardCount]).toEqual([[], 1])
    near.channel.arrive()
    expect(near.connection.heardCount).toBe(1)
  })
})

describe('the end', () => {
  test('everything pending is told once, in order, then the owner; nothing is sent afterwards', async () => {
    const [near] = sides()
    const told: string[] = []
    for (let i = 0; i < 3; i++) near.wait(told)
    near.connection.send(Op.end, 1)
    near.connection.send(Op.end, 2)
    near.connection.close('it was enough')
    near.connection.close('again')
    expect(told).toEqual(['lost it was enough', 'lost it was enough', 'lost it was enough'])
    expect([near.closed, near.connection.isClosed]).toEqual([['it was enough'], true])
    // With calls under way the first record waits for the others.
    expect(near.channel.posted).toEqual([[Op.end, 1, Op.end, 2, Op.bye]])
    near.connection.send(Op.end, 3)
    near.connection.post([Op.end, 4])
    near.connection.flush()
    await turn()
    expect(near.channel.posted).toHaveLength(1)
  })

  test('a channel that breaks ends both sides', () => {
    const [near, far] = sides()
    const call = near.wait()
    near.channel.breaks('its port was closed')
    near.channel.breaks('again')
    expect(call.told).toEqual(['lost its port was closed'])
    expect(near.closed).toEqual(['its port was closed'])
    far.connection.close('done')
    expect([near.closed.length, far.closed]).toEqual([1, ['done']])
  })

  test('the other side hears of it', () => {
    const [near, far] = sides()
    const call = far.wait()
    near.connection.close('done')
    expect([call.told, far.closed]).toEqual([['lost the other side closed'], ['the other side closed']])
  })

  test('what arrives after it is not read', () => {
    const [near, far] = sides()
    far.connection.send(Op.end, 1)
    near.connection.close('done')
    near.channel.arrive()
    expect(near.read).toEqual([])
  })

  test('one that is told and throws does not keep the others from being told', () => {
    const [near] = sides()
    const told: string[] = []
    near.wait(told)
    near.connection.pending.add({
      onValue() {},
      onError() {},
      onLost() {
        throw new Error('in a listener')
      },
    })
    near.wait(told)
    try {
      near.connection.close('done')
    } catch {
      // Whether it is thrown on does not matter here.
    }
    expect(told).toEqual(['lost done', 'lost done'])
    expect(near.closed).toEqual(['done'])
  })
})

describe('messages that nobody of ours made', () => {
  const bad: Readonly<Record<string, unknown>> = {
    'no array': { op: 1 },
    null: null,
    'a text': 'call',
    'an empty batch': [],
    'an unknown operation': [99, 1, 2],
    'a negative operation': [-1, 1],
    'a fractional operation': [3.5, 1, 2, 3],
    'an operation that is no number': ['length', 1, 2],
    'the name of a method as operation': ['push', 1, 2],
    'an operation that cannot be a number': [{ toString: 0, valueOf: 0 }, 1, 2],
    'a record cut short': [Op.call, 1, 'a'],
    'a good record, then one cut short': [Op.end, 7, Op.call, 1],
    'an answer cut short': [Op.value, 1],
    'an array with holes': new Array(20),
    'operation 0': [0, 0, 0],
  }
  test.each(Object.keys(bad))('%s is dropped; later messages are read', async (name) => {
    const [near, far] = sides()
    const call = near.wait()
    expect(() => near.channel.inject(bad[name])).not.toThrow()
    far.connection.send(Op.value, call.id, 'fine', undefined)
    far.connection.send(Op.end, 1)
    await turn()
    near.channel.arrive()
    expect(call.told).toEqual(['value "fine"'])
    expect(near.read.at(-1)).toEqual([Op.end, 1])
    near.connection.send(Op.end, 8)
    near.connection.send(Op.end, 9)
    await turn()
    far.channel.arrive()
    expect(far.read.map(([, id]) => id)).toEqual([8, 9])
  })

  test('whatever arrives, nothing is thrown and later messages are read', () => {
    const field = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.anything({ maxDepth: 1 }))
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.anything(), fc.array(field, { maxLength: 30 })), { maxLength: 10 }),
        (messages) => {
          const [near] = sides()
          for (const message of messages) near.channel.inject(message)
          if (near.connection.isClosed) {
            expect(messages.flat()).toContain(Op.bye)
            return
          }
          const call = near.wait()
          near.channel.inject([Op.value, call.id, 'fine', undefined])
          expect(call.told).toEqual(['value "fine"'])
        },
      ),
      { numRuns: 500 },
    )
  })

  test('a reader or a call that throws loses neither the rest of the batch nor what is sent later', async () => {
    const [near, far] = sides()
    far.onRead = ([, id]) => {
      if (id === 1) throw new Error('in the reader')
    }
    const failing = far.connection.pending.add({
      onValue() {
        throw new Error('in a listener')
      },
      onError() {},
      onLost() {},
    })
    const call = far.wait()
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const batch of [
      [Op.end, 0, Op.end, 1, Op.end, 2],
      [Op.value, failing, 1, undefined, Op.value, call.id, 'fine', undefined],
    ]) {
      try {
        far.channel.inject(batch)
      } catch {
        // Whether it is thrown on does not matter here.
      }
    }
    log.mockRestore()
    expect(far.read.map(([, id]) => id)).toEqual([0, 1, 2])
    expect(call.told).toEqual(['value "fine"'])
    for (let i = 0; i < 3; i++) far.connection.send(Op.end, i)
    await turn()
    near.channel.arrive()
    expect(near.read.map(([, id]) => id)).toEqual([0, 1, 2])
  })
})

test('every operation has its number of fields', () => {
  expect(fieldCount).toHaveLength(Math.max(...Object.values(Op)) + 1)
  expect(new Set(Object.values(Op)).size).toBe(Object.keys(Op).length)
})
