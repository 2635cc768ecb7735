import { describe, expect, test } from 'vitest'
import type { GroupStrategy } from '../../src/protocol/specs.ts'
import { Cluster, crashed } from './cluster-kit.ts'

const inside = (groupId: string, index?: number) => ({ bundle: index === undefined ? { groupId } : { groupId, index } })
const state = (cluster: Cluster, groupId: string) => cluster.state.group(groupId)?.state

/** Three nodes of two CPUs. */
function three(): Cluster {
  const cluster = new Cluster({ cpus: 2, gpus: 0 })
  for (const id of ['m', 'o']) cluster.join(id, { cpus: 2, gpus: 0 })
  return cluster
}

describe('reservation', () => {
  test.each<[GroupStrategy, number]>([
    ['PACK', 1],
    ['STRICT_PACK', 1],
    ['SPREAD', 2],
    ['STRICT_SPREAD', 2],
  ])('%s puts two small bundles on %i node(s)', (strategy, count) => {
    const cluster = three()
    cluster.group('g', [{ cpu: 1 }, { cpu: 1 }], { strategy })
    expect(state(cluster, 'g')).toBe('CREATED')
    expect(new Set(cluster.placesOf('g')).size).toBe(count)
    expect(cluster.free('CPU')).toBe(4)
  })

  test('PACK uses a second node when it must, STRICT_PACK never', () => {
    const cluster = three()
    cluster.group('pack', [{ cpu: 2 }, { cpu: 1 }])
    expect(new Set(cluster.placesOf('pack')).size).toBe(2)
    cluster.group('strict', [{ cpu: 2 }, { cpu: 1 }], { strategy: 'STRICT_PACK' })
    expect(state(cluster, 'strict')).toBe('INFEASIBLE')
    cluster.group('spread', [{ cpu: 1 }, { cpu: 1 }, { cpu: 1 }, { cpu: 1 }], { strategy: 'STRICT_SPREAD' })
    expect(state(cluster, 'spread')).toBe('INFEASIBLE')
  })

  test('a plan is found though the first choice does not lead to one', () => {
    const cluster = new Cluster({ cpus: 3, gpus: 0 })
    cluster.join('m', { cpus: 2, gpus: 0 })
    cluster.group('g', [{ cpu: 1 }, { cpu: 2 }, { cpu: 2 }])
    expect(state(cluster, 'g')).toBe('CREATED')
    expect(cluster.free('CPU')).toBe(0)
  })

  test('all or nothing: half of it takes nothing and waits, and nobody behind takes what it is short of', () => {
    const cluster = new Cluster({ cpus: 2, gpus: 2 })
    cluster.leased('running', { gpu: 1 })
    cluster.group('g', [{ gpu: 1 }, { gpu: 1 }])
    expect(state(cluster, 'g')).toBe('PENDING')
    expect(cluster.free('GPU')).toBe(1)
    expect(cluster.lease('later', { gpu: 1 })).toEqual([])
    expect(cluster.lease('cpu', { cpu: 1 })).toHaveLength(1)
    cluster.tell({ type: 'leaseReturned', leaseId: 'running' })
    expect(state(cluster, 'g')).toBe('CREATED')
    expect(cluster.state.waitingCount).toBe(1)
  })

  test('it waits behind those that came first', () => {
    const cluster = new Cluster({ cpus: 2 })
    cluster.leased('running', { cpu: 1 })
    cluster.lease('big', { cpu: 2 })
    cluster.group('g', [{ cpu: 1 }])
    expect(state(cluster, 'g')).toBe('PENDING')
    cluster.tell({ type: 'leaseReturned', leaseId: 'big' })
    expect(state(cluster, 'g')).toBe('CREATED')
  })

  test('what could never be is refused; with waitForResources it waits for nodes', () => {
    const cluster = three()
    expect(cluster.group('g', [{ cpu: 100 }])).toEqual([{ type: 'publishGroup', groupId: 'g' }])
    expect(cluster.state.group('g')?.refusal?.message).toContain('100 CPU (the cluster has 6)')
    cluster.group('patient', [{ gpu: 1 }], { waitForResources: true })
    expect(state(cluster, 'patient')).toBe('PENDING')
    cluster.join('gpus', { gpus: 1 })
    expect(cluster.placesOf('patient')).toEqual(['gpus'])
  })

  test('before the first node has joined it waits, and is looked at then', () => {
    const cluster = new Cluster(null)
    cluster.group('g', [{ cpu: 1 }])
    cluster.group('huge', [{ cpu: 100 }])
    cluster.join('n', {})
    expect(['g', 'huge'].map((id) => state(cluster, id))).toEqual(['CREATED', 'INFEASIBLE'])
  })
})

describe('what runs in it', () => {
  test('takes of its bundle and nothing of the node', () => {
    const cluster = new Cluster({ cpus: 3, gpus: 2 })
    cluster.alive('other', { gpu: 1 })
    cluster.group('g', [{ cpu: 1, gpu: 1 }, { cpu: 1 }])
    expect(cluster.state.available()).toEqual({ CPU: 1, GPU: 0 })
    cluster.alive('a', { cpu: 1, gpu: 1, ...inside('g', 0) })
    expect(cluster.view('a').gpuIds).toEqual([1])
    cluster.leased('l', { cpu: 1, ...inside('g') })
    expect(cluster.lease('full', { cpu: 1, ...inside('g') })).toEqual([])
    expect(cluster.free('CPU')).toBe(1)
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'l' })).toMatchObject([{ leaseId: 'full' }])
  })

  test('waits for it to be placed', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.leased('running')
    cluster.group('g', [{ cpu: 1 }])
    cluster.create('a', { cpu: 1, ...inside('g', 0) })
    expect(cluster.fate('a')).toBe('PENDING_CREATION')
    cluster.bringUp('a', cluster.tell({ type: 'leaseReturned', leaseId: 'running' }))
  })

  test('is refused when no bundle could ever hold it, or when the group is gone or unknown', () => {
    const cluster = new Cluster()
    cluster.group('g', [{ cpu: 1 }])
    const refused = [{ type: 'refuseLease', leaseId: 'l' }]
    expect(cluster.lease('l', { cpu: 2, ...inside('g') })).toMatchObject(refused)
    expect(cluster.lease('l', { cpu: 1, ...inside('g', 5) })).toMatchObject(refused)
    expect(cluster.lease('l', { cpu: 1, ...inside('x') })).toMatchObject(refused)
    cluster.tell({ type: 'groupRemoved', groupId: 'g' })
    cluster.create('a', inside('g', 0))
    expect(cluster.fate('a')).toBe('DEAD: PLACEMENT_GROUP_REMOVED')
  })

  test('a task in it that waits gives its CPU to others in the bundle only', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.group('g', [{ cpu: 1 }])
    cluster.leased('outer', { cpu: 1, ...inside('g') })
    cluster.tell({ type: 'leaseBlocked', leaseId: 'outer' })
    expect(cluster.lease('outside', { cpu: 1 })).toEqual([])
    expect(cluster.lease('inner', { cpu: 1, ...inside('g') })).toHaveLength(1)
  })
})

describe('its end', () => {
  test('ends what runs in it; the bundles are the node’s again when the workers are gone', () => {
    const cluster = new Cluster({ cpus: 3, gpus: 1 })
    cluster.group('g', [{ cpu: 1, gpu: 1 }, { cpu: 1 }, { cpu: 1 }])
    const actor = cluster.alive('a', { gpu: 1, maxRestarts: -1, ...inside('g', 0) })
    const task = cluster.leased('l', { cpu: 1, ...inside('g', 1) })
    cluster.lease('queued', { cpu: 1, ...inside('g', 1) })
    const commands = cluster.tell({ type: 'groupRemoved', groupId: 'g' })
    expect(commands).toContainEqual({ type: 'stopWorker', workerId: actor, isGraceful: false })
    expect(commands).toContainEqual({ type: 'stopWorker', workerId: task, isGraceful: false })
    expect(commands).toContainEqual(expect.objectContaining({ type: 'refuseLease', leaseId: 'queued' }))
    expect(cluster.fate('a')).toBe('DEAD: PLACEMENT_GROUP_REMOVED')
    expect(cluster.state.available()).toEqual({ CPU: 1, GPU: 0 })
    cluster.exited(actor)
    expect(cluster.state.available()).toEqual({ CPU: 2, GPU: 1 })
    expect(cluster.exited(task)).toMatchObject([{ type: 'endLease', exit: { isGroupRemoved: true } }])
    expect(cluster.state.available()).toEqual({ CPU: 3, GPU: 1 })
    expect(cluster.tell({ type: 'groupRemoved', groupId: 'g' })).toEqual([])
  })

  test('comes with the end of its maker', () => {
    const cluster = new Cluster()
    const realm = cluster.alive('maker')
    cluster.group('g', [{ cpu: 1 }], { creator: 'maker' })
    cluster.group('h', [{ cpu: 1 }], { creator: realm })
    cluster.exited(realm, crashed)
    expect(['g', 'h'].map((id) => state(cluster, id))).toEqual(['REMOVED', 'REMOVED'])
    expect(cluster.free('CPU')).toBe(4)
    cluster.group('late', [{ cpu: 1 }], { creator: realm })
    expect(state(cluster, 'late')).toBe('REMOVED')
  })
})

describe('a node with a bundle is lost', () => {
  test('the bundle finds another place, and what restarts waits for it', () => {
    const cluster = three()
    cluster.group('g', [{ cpu: 2 }, { cpu: 2 }], { strategy: 'STRICT_SPREAD' })
    const places = cluster.placesOf('g')
    cluster.alive('a', { cpu: 1, maxRestarts: 1, isDetached: true, ...inside('g', 0) })
    cluster.alive('b', { cpu: 1, maxRestarts: 1, isDetached: true, ...inside('g', 1) })
    cluster.lose(places[0]!)
    expect(state(cluster, 'g')).toBe('CREATED')
    expect(cluster.placesOf('g')[1]).toBe(places[1])
    expect(new Set([...cluster.placesOf('g'), places[0]]).size).toBe(3)
    expect([cluster.fate('a'), cluster.fate('b')]).toEqual(['RESTARTING', 'ALIVE'])
  })

  test('while there is none it waits', () => {
    const cluster = new Cluster({ cpus: 1, gpus: 0 })
    cluster.join('m', { cpus: 2, gpus: 0 })
    cluster.group('g', [{ cpu: 2 }])
    cluster.alive('a', { cpu: 1, maxRestarts: 1, isDetached: true, ...inside('g') })
    cluster.lose('m')
    expect([state(cluster, 'g'), cluster.fate('a')]).toEqual(['RESCHEDULING', 'RESTARTING'])
    cluster.tell({ type: 'timePassed', nowMs: 1000 })
    cluster.tell({ type: 'timePassed', nowMs: 100_000 })
    expect(cluster.fate('a')).toBe('RESTARTING')
    cluster.bringUp('a', cluster.join('o', { cpus: 2 }))
    expect(cluster.view('a')).toMatchObject({ nodeId: 'o', incarnation: 1 })
    cluster.tell({ type: 'groupRemoved', groupId: 'g' })
    expect(cluster.fate('a')).toBe('DEAD: PLACEMENT_GROUP_REMOVED')
  })
})
