import { describe, expect, test } from 'vitest'
import { ObjectTable } from '../../src/core/object-table.ts'

/** One realm's table, with what it sends and which objects nobody holds any more. */
function tableOf(realm: string) {
  const ended = new Set<string>()
  const sent: [to: string, id: string, holder: string, count: number][] = []
  const unheld: string[] = []
  const table = new ObjectTable(realm, {
    hasEnded: (other) => ended.has(other),
    custodianOf: () => 'n',
    sendChange: (...change) => void sent.push(change),
    unheld: (id) => void unheld.push(id),
  })
  const end = (other: string): void => {
    ended.add(other)
    table.realmEnded(other)
  }
  return { table, sent, unheld, end }
}
const nothing = { lent: 0, borrowed: 0, waiting: 0 }

describe('an owner', () => {
  test('counts by realm, and hears when the last hold is gone', () => {
    const { table, unheld } = tableOf('w1')
    table.sent('w1:1', 'w2', true)
    table.sent('w1:1', 'w2', true)
    table.sent('w1:1', 'w3', true)
    expect(table.holdersOf('w1:1')).toEqual([
      ['w2', 2],
      ['w3', 1],
    ])
    table.changed('w1:1', 'w2', -2)
    expect(unheld).toEqual([])
    table.changed('w1:1', 'w3', -1)
    expect(unheld).toEqual(['w1:1'])
    expect(table.counts).toEqual(nothing)
  })

  test('keeps what a release that overtakes its grant was about', () => {
    const { table, unheld } = tableOf('w1')
    table.sent('w1:1', 'w2', true)
    // w2 has passed its ref to w3, which let go of it before w1 heard of the grant.
    table.changed('w1:1', 'w3', -1)
    expect(table.isLent('w1:1')).toBe(true)
    table.changed('w1:1', 'w3', 1)
    expect(unheld).toEqual([])
    table.changed('w1:1', 'w2', -1)
    expect(unheld).toEqual(['w1:1'])
  })

  test('strikes a realm that ended out whole, and ignores grants to it that come later', () => {
    const { table, unheld, end } = tableOf('w1')
    table.sent('w1:1', 'w2', true)
    table.changed('w1:1', 'w3', 4)
    end('w3')
    table.changed('w1:1', 'w3', 1)
    expect(unheld).toEqual([])
    end('w2')
    expect(unheld).toEqual(['w1:1'])
    expect(table.counts).toEqual(nothing)
  })

  test('needs no hold on what comes back to it', () => {
    const { table } = tableOf('w1')
    table.sent('w1:1', 'w2', true)
    table.changed('w1:1', 'w1', 1)
    expect(table.arrived('w1:1')).toBe(false)
    expect(table.holdersOf('w1:1')).toEqual([['w2', 1]])
  })

  test('what is not lent is gone: a late release of it is nothing', () => {
    const { table, unheld } = tableOf('w1')
    table.changed('w1:7', 'w2', -1)
    expect([unheld, table.counts]).toEqual([[], nothing])
  })
})

describe('a borrower', () => {
  test('gives all its holds back at once, to the realm that keeps the object then', () => {
    const { table, sent, end } = tableOf('w2')
    for (const id of ['w1:1', 'w1:1', 'w1:2']) expect(table.arrived(id)).toBe(true)
    table.dropped('w1:1')
    expect(sent).toEqual([['w1', 'w1:1', 'w2', -2]])
    end('w1')
    table.dropped('w1:2')
    expect(sent.at(-1)).toEqual(['n', 'w1:2', 'w2', -1])
    table.dropped('w1:2')
    expect(sent).toHaveLength(2)
    expect(table.counts).toEqual(nothing)
  })

  test('tells the keeper of a ref that it passes on, unless that is for the keeper', () => {
    const { table, sent } = tableOf('w2')
    table.arrived('w1:1')
    table.sent('w1:1', 'w3', false)
    table.sent('w1:1', 'w1', false)
    expect(sent).toEqual([['w1', 'w1:1', 'w3', 1]])
  })

  test('tells the custodian while the owner hands over, in order', () => {
    const { table, sent, end } = tableOf('w2')
    table.arrived('w1:1')
    table.handingOver('w1')
    table.sent('w1:1', 'w3', false)
    table.dropped('w1:1')
    expect(sent).toEqual([
      ['n', 'w1:1', 'w3', 1],
      ['n', 'w1:1', 'w2', -1],
    ])
    expect(table.counts).toEqual(nothing)
    end('w1')
    expect(sent).toHaveLength(2)
    expect(table.counts).toEqual(nothing)
  })
})

describe('an owner that leaves', () => {
  test('does not strike out a realm that ends meanwhile: the custodian alone knows what that passed on', () => {
    const { table, end } = tableOf('w1')
    table.sent('w1:1', 'w2', true)
    table.leaving()
    end('w2')
    expect(table.isLent('w1:1')).toBe(true)
    expect(table.handOver('w1:1')).toEqual([['w2', 1]])
  })
})

describe('a hand-over', () => {
  test('the custodian goes on with the books, its own hold is none', () => {
    const { table, unheld, end } = tableOf('n')
    table.arrived('w1:1')
    table.handingOver('w1')
    table.takeOver('w1:1', [
      ['n', 1],
      ['w2', 2],
    ])
    expect(table.counts).toEqual({ lent: 1, borrowed: 0, waiting: 0 })
    expect(table.keeperOf('w1:1')).toBe('n')
    end('w1')
    expect(table.holdersOf('w1:1')).toEqual([['w2', 2]])
    table.changed('w1:1', 'w2', -2)
    expect(unheld).toEqual(['w1:1'])
  })

  test('a ref that reaches the custodian before the owner has ended is one to what it keeps', () => {
    const { table, unheld, end } = tableOf('n')
    table.handingOver('w1')
    table.takeOver('w1:1', [])
    // Inside of another object that the owner hands over.
    expect(unheld).toEqual([])
    expect(table.arrived('w1:1')).toBe(false)
    end('w1')
    expect(unheld).toEqual(['w1:1'])
    expect(table.counts).toEqual(nothing)
  })

  test('what the custodian granted meanwhile counts before the owner is struck out', () => {
    const { table, unheld, end } = tableOf('n')
    table.arrived('w1:1')
    table.handingOver('w1')
    table.sent('w1:1', 'w3', false)
    table.takeOver('w1:1', [['n', 1]])
    end('w1')
    expect(unheld).toEqual([])
    expect(table.holdersOf('w1:1')).toEqual([['w3', 1]])
  })

  test('holds of realms that have ended are not taken over', () => {
    const { table, unheld, end } = tableOf('n')
    end('w2')
    table.takeOver('w1:1', [['w2', 3]])
    end('w1')
    expect(unheld).toEqual(['w1:1'])
  })

  test('what a leaving realm has given is the custodian’s: changes that still come are passed on', () => {
    const { table, sent } = tableOf('w1')
    table.sent('w1:1', 'w2', true)
    table.sent('w1:2', 'w2', true)
    expect(table.handOver('w1:1')).toEqual([['w2', 1]])
    expect([table.isLent('w1:1'), table.isLent('w1:2')]).toEqual([false, true])
    table.changed('w1:1', 'w3', 1)
    // A ref to it inside of the next object that is given.
    table.sent('w1:1', 'n', true)
    expect(sent).toEqual([['n', 'w1:1', 'w3', 1]])
    table.handOver('w1:2')
    table.handedOver()
    table.changed('w1:2', 'w2', -1)
    expect(sent.at(-1)).toEqual(['n', 'w1:2', 'w2', -1])
    expect(table.counts).toEqual(nothing)
  })

  test('nobody keeps books of what went with a crashed owner', () => {
    const { table, sent, end } = tableOf('n')
    table.arrived('w1:1')
    end('w1')
    table.sent('w1:1', 'w2', false)
    table.changed('w1:1', 'w3', -1)
    table.dropped('w1:1')
    expect([table.counts, sent]).toEqual([nothing, []])
    expect(table.arrived('w1:1')).toBe(false)
  })
})
