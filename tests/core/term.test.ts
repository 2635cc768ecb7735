import { describe, expect, test } from 'vitest'
import { ClusterState } from '../../src/core/cluster-state.ts'
import { fenceMs, lostMs } from '../../src/core/node-lease.ts'
import { silenceMs } from '../../src/core/recovery.ts'
import { Successor } from '../../src/core/successor.ts'
import {
  Allegiance,
  firstWorkerOf,
  holdMs,
  nextIncarnation,
  successionMs,
  TermHold,
  TermRegister,
} from '../../src/core/term.ts'

const snapshot = new ClusterState().snapshot()

describe('terms', () => {
  test('of all who claim a term, one wins it', () => {
    const arbiter = new TermRegister()
    expect([arbiter.claim(1), arbiter.claim(3)]).toEqual([false, false])
    expect([arbiter.claim(2), arbiter.claim(2), arbiter.term]).toEqual([true, false, 2])
  })

  test('a node obeys the highest term it has heard of, and none before', () => {
    const node = new Allegiance(1)
    expect([1, 3, 2, 1, 3].map((term) => node.obeys(term))).toEqual([true, true, false, false, true])
    expect(node.term).toBe(3)
  })

  test('numbers of workers and lives are of one term only', () => {
    expect([firstWorkerOf(1), firstWorkerOf(2)]).toEqual([1, 1_000_000_001])
    expect([nextIncarnation(4, 1), nextIncarnation(4, 2), nextIncarnation(1_000_004, 2)]).toEqual([
      5, 1_000_000, 1_000_005,
    ])
  })

  test('nothing of a node runs any more when a successor counts it as lost, whoever renewed its lease last', () => {
    // The old coordinator was told at the last moment before the claim that it is the one, and renews for so long.
    expect(holdMs + fenceMs).toBeLessThan(silenceMs)
    expect(successionMs).toBeLessThan(fenceMs)
    expect(lostMs).toBeLessThan(silenceMs)
    const hold = new TermHold(0)
    expect([hold.maySpeak(holdMs - 1), hold.maySpeak(holdMs)]).toEqual([true, false])
    hold.confirmed(700)
    hold.confirmed(300)
    expect([hold.maySpeak(700 + holdMs - 1), hold.maySpeak(700 + holdMs)]).toEqual([true, false])
  })
})

describe('a successor', () => {
  test('claims the next term once, when the coordinator is silent and there is a snapshot to go on from', () => {
    const one = new Successor(1, 0)
    expect(one.due(successionMs)).toBeUndefined()
    one.received({ number: 1, snapshot }, 100)
    expect(one.due(100 + successionMs - 1)).toBeUndefined()
    one.heard(1, 500)
    expect(one.due(100 + successionMs)).toBeUndefined()
    expect(one.due(500 + successionMs)).toBe(2)
    expect(one.due(501 + successionMs)).toBeUndefined()
    expect(one.answered(2, true, { term: 2, nowMs: 600 + successionMs })).toBe(true)
    expect(one.term).toBe(2)
  })

  test('whoever loses the claim waits for the winner, and claims the term after that when it is silent too', () => {
    const one = new Successor(1, 0)
    one.received({ number: 1, snapshot }, 0)
    expect(one.due(successionMs)).toBe(2)
    expect(one.answered(2, false, { term: 2, nowMs: successionMs })).toBe(false)
    expect(one.due(2 * successionMs - 1)).toBeUndefined()
    expect(one.due(2 * successionMs)).toBe(3)
  })

  test('of the snapshots that come late, twice or out of order the newest is kept', () => {
    const one = new Successor(1, 0)
    const [older, newer, next] = [1, 2, 3].map((nowMs) => ({ ...snapshot, nowMs }))
    one.received({ number: 2, snapshot: newer! }, 0)
    one.received({ number: 1, snapshot: older! }, 0)
    expect(one.snapshot).toBe(newer)
    one.received({ number: 1, snapshot: { ...next!, term: 2 } }, 0)
    one.received({ number: 3, snapshot: older! }, 0)
    expect(one.snapshot).toMatchObject({ term: 2, nowMs: 3 })
  })

  test('it knows of every node that was about to join, and of none any more once it claims', () => {
    const one = new Successor(1, 0)
    one.received({ number: 1, snapshot }, 0)
    expect([one.nodeJoins('n', 2), one.nodeJoins('n', 1)]).toEqual([true, true])
    expect([...one.joining]).toEqual([['n', 2]])
    one.due(successionMs)
    expect(one.nodeJoins('m', 1)).toBe(false)
  })

  test('a word of an earlier term is no sign that the coordinator lives', () => {
    const one = new Successor(2, 0)
    one.received({ number: 1, snapshot: { ...snapshot, term: 2 } }, 0)
    one.heard(1, successionMs)
    expect(one.due(successionMs)).toBe(3)
  })
})
