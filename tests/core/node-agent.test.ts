import { describe, expect, test } from 'vitest'
import { type Allocation, demandOf } from '../../src/core/demand.ts'
import { NodeAgent } from '../../src/core/node-agent.ts'
import { fenceMs, LeaseWatch, lostMs, NodeLease } from '../../src/core/node-lease.ts'

function allocation(cpu: number, gpuIds: readonly number[] = []): Allocation {
  return { demand: demandOf({ cpu, gpu: gpuIds.length, custom: {} }), gpuIds }
}
const resources = { cpus: 2, gpus: 2, custom: {} }

describe('a node’s own books', () => {
  test('what fits is taken once, and given back once', () => {
    const agent = new NodeAgent(resources)
    expect(agent.assign('w1', 'a', allocation(1, [0]))).toBe(true)
    expect(agent.assign('w1', 'a', allocation(1, [0]))).toBe(true)
    expect(agent.assign('w2', 'b', allocation(0, [0]))).toBe(false)
    expect(agent.assign('w2', 'b', allocation(1, [1]))).toBe(true)
    agent.unassign('w1', 'a')
    agent.unassign('w1', 'a')
    expect([agent.isAssigned('w1', 'a'), agent.isAssigned('w2', 'b')]).toEqual([false, true])
    agent.workerExited('w2')
    expect(agent.assign('w3', 'c', allocation(2, [0, 1]))).toBe(true)
    agent.checkInvariants()
  })

  test('what it holds for somebody else is refused until it is free', () => {
    const agent = new NodeAgent(resources, [allocation(1)])
    expect(agent.foreign).toHaveLength(1)
    expect(agent.assign('w', 'a', allocation(2))).toBe(false)
    agent.dropForeign()
    expect(agent.assign('w', 'a', allocation(2))).toBe(true)
  })

  test('a task that waits goes on when its CPUs are there, before anything new', () => {
    const agent = new NodeAgent(resources)
    agent.assign('w1', 'outer', allocation(2, [0]))
    agent.block('w1', 'outer')
    agent.block('w1', 'outer')
    agent.assign('w2', 'inner', allocation(1))
    agent.resume('w1', 'outer', allocation(2, [0]))
    expect(agent.takeResumed()).toEqual([])
    expect(agent.assign('w3', 'new', allocation(1))).toBe(false)
    expect(agent.assign('w3', 'gpu', allocation(0, [1]))).toBe(true)
    agent.unassign('w2', 'inner')
    expect(agent.takeResumed()).toEqual([{ workerId: 'w1', leaseId: 'outer' }])
    expect(agent.takeResumed()).toEqual([])
    agent.checkInvariants()
  })

  test('one that ended meanwhile holds nobody up', () => {
    const agent = new NodeAgent(resources)
    agent.assign('w1', 'outer', allocation(2))
    agent.block('w1', 'outer')
    agent.assign('w2', 'inner', allocation(1))
    agent.resume('w1', 'outer', allocation(2))
    agent.workerExited('w1')
    expect(agent.takeResumed()).toEqual([])
    expect(agent.assign('w3', 'new', allocation(1))).toBe(true)
  })
})

describe('leases of nodes', () => {
  test('a node ends what it runs before the coordinator counts it as lost', () => {
    expect(fenceMs).toBeLessThan(lostMs)
    const lease = new NodeLease(0)
    const watch = new LeaseWatch()
    watch.joined('n', 1, 300)
    // Sent at 1000, heard at 1900, answered at 4900.
    expect(watch.heard('n', 1, 1900)).toBe(true)
    lease.answered(1000)
    expect(lease.hasEnded(1000 + fenceMs - 1)).toBe(false)
    expect(lease.hasEnded(1000 + fenceMs)).toBe(true)
    expect(watch.lost(1900 + lostMs - 1)).toEqual([])
    expect(watch.lost(1900 + lostMs)).toEqual([{ nodeId: 'n', epoch: 1 }])
    expect(watch.lost(1900 + 2 * lostMs)).toEqual([])
  })

  test('an answer that comes late, or out of order, does not shorten a lease', () => {
    const lease = new NodeLease(0)
    lease.answered(2000)
    lease.answered(1000)
    expect(lease.hasEnded(2000 + fenceMs - 1)).toBe(false)
  })

  test('an earlier life of a node is not heard', () => {
    const watch = new LeaseWatch()
    watch.joined('n', 2, 0)
    watch.joined('n', 1, 4000)
    expect(watch.heard('n', 1, 4000)).toBe(false)
    expect(watch.heard('x', 1, 4000)).toBe(false)
    expect(watch.lost(lostMs)).toEqual([{ nodeId: 'n', epoch: 2 }])
    expect(watch.heard('n', 2, lostMs)).toBe(false)
  })
})
