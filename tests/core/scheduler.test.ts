import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ActorWish, Cluster, crashed } from './cluster-kit.ts'

/** The leases that commands grant or start workers for, by the workers they are on. */
function running(cluster: Cluster): number {
  return cluster.state.workers().filter(({ isLeased }) => isLeased).length
}

describe('the line', () => {
  test('one-GPU requests never pass a two-GPU request that waits, however many come', () => {
    const cluster = new Cluster({ gpus: 2 })
    cluster.leased('running', { gpu: 1 })
    cluster.lease('big', { gpu: 2 })
    for (let i = 0; i < 50; i++) expect(cluster.lease(`small${i}`, { gpu: 1 })).toEqual([])
    const granted = cluster.tell({ type: 'leaseReturned', leaseId: 'running' })
    expect(granted).toMatchObject([{ type: 'grantLease', leaseId: 'big', gpuIds: [0, 1] }])
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'big' }).map(({ type }) => type)).toEqual([
      'grantLease',
      'startWorker',
    ])
  })

  test('on every node it could be on, nobody takes what the first is short of', () => {
    const cluster = new Cluster({ gpus: 2 })
    cluster.join('m', { gpus: 2 })
    const [first, second] = [cluster.leased('one', { gpu: 1 }), cluster.leased('two', { gpu: 1 })]
    // Both nodes have one GPU left.
    expect(new Set([first, second].map((id) => id.split('.')[0]))).toEqual(new Set(['n', 'm']))
    cluster.lease('big', { gpu: 2 })
    expect(cluster.lease('small', { gpu: 1 })).toEqual([])
    expect(cluster.lease('cpu', { cpu: 1 })).toHaveLength(1)
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'two' })).toMatchObject([
      { type: 'grantLease', leaseId: 'big' },
      { type: 'startWorker' },
    ])
  })

  test('a node that the first could never use is free for those behind it', () => {
    const cluster = new Cluster({ gpus: 2 })
    cluster.leased('running', { gpu: 1 })
    cluster.lease('big', { gpu: 2 })
    cluster.join('small', { gpus: 1 })
    expect(cluster.nodesOfLeases(1, { gpu: 1 })).toEqual(['small'])
  })

  test('what the first no longer waits for goes to the next, wherever it is', () => {
    const cluster = new Cluster({ gpus: 2 })
    cluster.leased('running', { gpu: 1 })
    cluster.create('big', { gpu: 2 })
    cluster.lease('share', { gpu: 0.5 })
    cluster.lease('whole', { gpu: 1 })
    expect(cluster.kill('big').map(({ type }) => type)).toEqual(['publishActor', 'startWorker'])
    expect(running(cluster)).toBe(2)
    expect(cluster.state.waitingCount).toBe(1)
  })

  test('alike requests start in the order they came', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.leased('first')
    for (const id of ['a', 'b', 'c']) cluster.lease(id)
    const order: string[] = []
    for (let last = 'first'; order.length < 3; last = order.at(-1)!) {
      for (const command of cluster.tell({ type: 'leaseReturned', leaseId: last }))
        if (command.type === 'grantLease') order.push(command.leaseId)
    }
    expect(order).toEqual(['a', 'b', 'c'])
  })
})

describe('a task that wants to go on', () => {
  test('with many CPUs is not starved by those with one', () => {
    const cluster = new Cluster({ cpus: 4 })
    const big = cluster.leased('big', { cpu: 4 })
    cluster.tell({ type: 'leaseBlocked', leaseId: 'big' })
    for (const id of ['a', 'b', 'c', 'd']) cluster.leased(id)
    cluster.tell({ type: 'leaseBlocked', leaseId: 'a' })
    cluster.tell({ type: 'leaseUnblocked', leaseId: 'big' })
    expect(cluster.tell({ type: 'leaseUnblocked', leaseId: 'a' })).toEqual([])
    for (const id of ['b', 'c']) expect(cluster.tell({ type: 'leaseReturned', leaseId: id })).toEqual([])
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'd' })).toEqual([
      { type: 'resumeLease', leaseId: 'big', workerId: big },
    ])
  })

  test('holds nobody back on other nodes', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.leased('outer')
    cluster.tell({ type: 'leaseBlocked', leaseId: 'outer' })
    cluster.leased('inner')
    cluster.tell({ type: 'leaseUnblocked', leaseId: 'outer' })
    cluster.join('m', { cpus: 1 })
    expect(cluster.nodesOfLeases(1, { cpu: 1 })).toEqual(['m'])
  })

  test('that ends instead leaves the way free', () => {
    const cluster = new Cluster({ cpus: 2 })
    const big = cluster.leased('big', { cpu: 2 })
    cluster.tell({ type: 'leaseBlocked', leaseId: 'big' })
    cluster.leased('inner')
    cluster.tell({ type: 'leaseUnblocked', leaseId: 'big' })
    expect(cluster.lease('next')).toEqual([])
    expect(cluster.exited(big, crashed)).toMatchObject([{ type: 'endLease' }, { type: 'startWorker' }])
  })
})

test('a thousand kinds of requests come and go, and none is forgotten', () => {
  const cluster = new Cluster({ cpus: 1, custom: { special: 1000 } })
  cluster.leased('running')
  for (let i = 0; i < 60; i++) cluster.lease(`l${i}`, { cpu: 1, custom: { special: i + 1 } })
  let last = 'running'
  for (let i = 0; i < 60; i++) {
    const granted = cluster.tell({ type: 'leaseReturned', leaseId: last })
    expect(granted).toMatchObject([{ type: 'grantLease', leaseId: `l${i}` }])
    last = `l${i}`
  }
})

test('nothing starves: whatever comes and goes, all have their turn', () => {
  const names = fc.constantFrom(...(['cpu', 'gpu'] as const))
  const wanted = fc.dictionary(names, fc.constantFrom(0.5, 1, 2), { minKeys: 1 })
  const step = fc.oneof(fc.record({ ask: wanted }), fc.record({ end: fc.nat({ max: 9 }) }))
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const cluster = new Cluster({ cpus: 2, gpus: 2 })
    cluster.join('m', { cpus: 4, gpus: 1 })
    const held: string[] = []
    const take = (commands: ReturnType<Cluster['tell']>): void => {
      for (const command of commands) {
        if (command.type === 'startWorker') take(cluster.workerReady(command.workerId))
        else if (command.type === 'grantLease') held.push(command.leaseId)
      }
    }
    const giveBack = (at: number): void =>
      take(cluster.tell({ type: 'leaseReturned', leaseId: held.splice(at % held.length, 1)[0]! }))
    let count = 0
    for (const now of steps) {
      if ('ask' in now) take(cluster.lease(`l${count++}`, now.ask as ActorWish))
      else if (held.length > 0) giveBack(now.end)
    }
    // Whoever is first in line has its turn before everybody else has gone.
    while (held.length > 0) giveBack(0)
    expect(cluster.state.waitingCount).toBe(0)
    expect(cluster.state.available()).toEqual(cluster.state.total())
  })
  fc.assert(property, { numRuns: 200 })
})
