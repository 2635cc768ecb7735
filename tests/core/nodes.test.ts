import { describe, expect, test } from 'vitest'
import { Cluster, crashed } from './cluster-kit.ts'

const spread = { strategy: { type: 'spread' } } as const
const only = (nodeId: string, isSoft = false) => ({ strategy: { type: 'node', nodeId, isSoft } }) as const

describe('where things go', () => {
  test('near the asker while it has a CPU, then where the load is least', () => {
    const cluster = new Cluster({ cpus: 2 })
    cluster.join('m', { cpus: 4 })
    expect(cluster.nodesOfLeases(3, { cpu: 1 }, 'n')).toEqual(['n', 'n', 'm'])
    expect(cluster.nodesOfLeases(1, { cpu: 1 }, 'm')).toEqual(['m'])
  })

  test('default actors, which keep no CPU, fill the asker first and then the emptiest node', () => {
    const cluster = new Cluster({ cpus: 2 })
    cluster.join('m', { cpus: 2 })
    for (const id of ['a', 'b', 'c', 'd']) cluster.alive(id, { creator: 'n' })
    expect(['a', 'b', 'c', 'd'].map((id) => cluster.view(id).nodeId)).toEqual(['n', 'n', 'm', 'm'])
  })

  test('a task goes where its large arguments are', () => {
    const cluster = new Cluster()
    cluster.join('m', {})
    const request = { cpu: 1, gpu: 0, custom: {} }
    const asked = { type: 'leaseRequested', leaseId: 'l', realm: 'n', request, waitForResources: false } as const
    expect(cluster.tell({ ...asked, nearNodeId: 'm' })).toMatchObject([{ type: 'startWorker', nodeId: 'm' }])
  })

  test('SPREAD takes each node in turn', () => {
    const cluster = new Cluster()
    for (const id of ['m', 'o']) cluster.join(id, {})
    const nodes = cluster.nodesOfLeases(6, { cpu: 1, ...spread }, 'n')
    expect([...nodes].sort()).toEqual(['m', 'm', 'n', 'n', 'o', 'o'])
    expect(new Set(nodes.slice(0, 3)).size).toBe(3)
  })

  test('affinity: hard is there or nowhere, soft is elsewhere when it must', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.join('m', { cpus: 1 })
    expect(cluster.nodesOfLeases(1, { cpu: 1, ...only('m') }, 'n')).toEqual(['m'])
    expect(cluster.lease('waits', { cpu: 1, ...only('m') })).toEqual([])
    expect(cluster.lease('nowhere', { cpu: 1, ...only('x') })).toMatchObject([
      { type: 'refuseLease', refusal: { message: expect.stringContaining('on the node x') as string } },
    ])
    expect(cluster.nodesOfLeases(1, { cpu: 1, ...only('x', true) })).toEqual(['n'])
    cluster.lease('big', { cpu: 2, ...only('m', true), waitForResources: true })
    expect(cluster.join('o', { cpus: 2 })).toMatchObject([{ type: 'startWorker', nodeId: 'o' }])
  })

  test('soft affinity follows its node when that is lost and when it comes', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.leased('running', { cpu: 1 })
    cluster.lease('soft', { cpu: 1, ...only('m', true) })
    expect(cluster.join('m', { cpus: 1 })).toMatchObject([{ type: 'startWorker', nodeId: 'm' }])
    cluster.lease('next', { cpu: 1, ...only('m', true) })
    cluster.lose('m')
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'running' })).toMatchObject([{ leaseId: 'next' }])
  })

  test('labels', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.join('eu', { cpus: 1 }, 0, { labels: { zone: 'eu', arch: 'arm' } })
    cluster.join('us', { cpus: 1 }, 0, { labels: { zone: 'us' } })
    expect(cluster.nodesOfLeases(1, { cpu: 1, labels: { zone: ['us', 'asia'] } })).toEqual(['us'])
    expect(cluster.nodesOfLeases(1, { cpu: 1, labels: { zone: ['eu'], arch: ['arm'] } })).toEqual(['eu'])
    expect(cluster.nodesOfLeases(1, { cpu: 1, labels: { arch: { not: ['arm'] }, zone: { not: ['us'] } } })).toEqual([
      'n',
    ])
    expect(cluster.lease('l', { cpu: 1, labels: { zone: ['mars'] } })).toMatchObject([
      { refusal: { message: expect.stringContaining('zone in (mars)') as string } },
    ])
  })
})

describe('a node that is lost', () => {
  test('takes its actors along: they restart elsewhere or die', () => {
    const cluster = new Cluster({ gpus: 1 })
    cluster.join('m', { gpus: 1 })
    const lasting = cluster.alive('lasting', { gpu: 1, maxRestarts: 1, creator: 'm', holder: 'n' })
    cluster.alive('mortal', { creator: 'n', holder: 'n', ...only('m') })
    const lost = lasting.split('.')[0]!
    expect(lost).toBe('m')
    const commands = cluster.lose('m')
    expect(commands.filter(({ type }) => type === 'stopWorker')).toEqual([])
    expect(cluster.view('mortal').death).toMatchObject({ reason: 'NODE_DIED' })
    // Its maker, the realm of the node, has ended too.
    expect(cluster.view('lasting').death).toMatchObject({ reason: 'OWNER_DIED' })
  })

  test('a detached actor restarts elsewhere, and what is said of its old life changes nothing', () => {
    const cluster = new Cluster({ gpus: 1 })
    cluster.join('m', { gpus: 1 })
    cluster.alive('a', { gpu: 1, maxRestarts: 3, isDetached: true, ...only('m', true) })
    expect(cluster.view('a').nodeId).toBe('m')
    cluster.bringUp('a', cluster.lose('m'))
    expect(cluster.view('a')).toMatchObject({ state: 'ALIVE', incarnation: 1, nodeId: 'n', restartCount: 1 })
    expect(
      cluster.tell({ type: 'actorEnded', actorId: 'a', incarnation: 0, death: { reason: 'KILLED', message: '' } }),
    ).toEqual([])
    expect(cluster.lose('m')).toEqual([])
  })

  test('ends the leases on it and those of its realms elsewhere', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.join('m', { cpus: 1 })
    const there = cluster.leased('there', { cpu: 1, ...only('m') }, 'n')
    const theirs = cluster.leased('theirs', { cpu: 1, ...only('n') }, 'm')
    const commands = cluster.lose('m')
    expect(commands).toMatchObject([
      { type: 'endLease', leaseId: 'there', realm: 'n', exit: { isNodeLost: true } },
      { type: 'stopWorker', workerId: theirs },
    ])
    expect(there).toContain('m.')
    cluster.exited(theirs)
    expect(cluster.state.total()).toEqual(cluster.state.available())
  })

  test('comes back with a new epoch; what its old life says is dropped', () => {
    const cluster = new Cluster()
    cluster.join('m', { cpus: 2 }, 0, { epoch: 1 })
    const worker = cluster.leased('l', { cpu: 1, ...only('m') }, 'n')
    cluster.lose('m', 1)
    expect(cluster.join('m', { cpus: 2 }, 0, { epoch: 1 })).toEqual([])
    cluster.join('m', { cpus: 2 }, 0, { epoch: 2 })
    expect(cluster.lose('m', 1)).toEqual([])
    expect(cluster.exited(worker, crashed)).toEqual([])
    const request = { cpu: 1, gpu: 0, custom: {} }
    const asked = { type: 'leaseRequested', leaseId: 'old', realm: 'm', request, waitForResources: false } as const
    expect(cluster.tell(asked, { nodeId: 'm', epoch: 1 })).toEqual([])
    expect(cluster.tell(asked, { nodeId: 'm', epoch: 2 })).toHaveLength(1)
  })

  test('has given handles away: whoever received one holds the actor, though that is heard of late', () => {
    const cluster = new Cluster()
    cluster.join('m', {}, 0, { epoch: 1 })
    cluster.join('k', {}, 0, { epoch: 1 })
    cluster.alive('a', { creator: 'n', holder: 'n', ...only('n') })
    cluster.lose('m', 1)
    cluster.tell({ type: 'handlesGranted', actorId: 'a', realm: 'k', count: 1 }, { nodeId: 'm', epoch: 1 })
    cluster.tell({ type: 'handlesReleased', actorId: 'a', realm: 'n', count: 1 })
    expect(cluster.view('a').state).toBe('ALIVE')
    const commands = cluster.tell({ type: 'handlesReleased', actorId: 'a', realm: 'k', count: 1 })
    expect(commands).toMatchObject([{ type: 'dismissActor', actorId: 'a', death: { reason: 'OUT_OF_SCOPE' } }])
  })

  test('that joins again without having been missed has lost what it had', () => {
    const cluster = new Cluster()
    cluster.join('m', {}, 0, { epoch: 1 })
    cluster.leased('l', { cpu: 1, ...only('m') }, 'n')
    expect(cluster.join('m', {}, 0, { epoch: 2 })).toMatchObject([{ type: 'endLease', leaseId: 'l' }])
    expect(cluster.state.available()).toEqual(cluster.state.total())
  })

  test('what could be nowhere since then waits 30 s for a node, and is refused', () => {
    const cluster = new Cluster({ gpus: 0 })
    cluster.join('m', { gpus: 1 })
    cluster.alive('a', { gpu: 1, maxRestarts: 1, isDetached: true })
    cluster.lease('l', { gpu: 1 }, 'n')
    cluster.lease('patient', { gpu: 1, waitForResources: true }, 'n')
    cluster.lose('m')
    cluster.tell({ type: 'timePassed', nowMs: 1000 })
    expect(cluster.lease('new', { gpu: 1 })).toMatchObject([{ type: 'refuseLease' }])
    expect(cluster.tell({ type: 'timePassed', nowMs: 30_000 }).map(({ type }) => type)).not.toContain('refuseLease')
    const commands = cluster.tell({ type: 'timePassed', nowMs: 31_000 })
    expect(commands).toMatchObject([{ type: 'refuseLease', leaseId: 'l' }, { type: 'publishActor' }])
    expect(cluster.fate('a')).toBe('DEAD: UNSCHEDULABLE')
    expect(cluster.state.waitingCount).toBe(1)
  })

  test('each wait for such a node has its own 30 s', () => {
    const cluster = new Cluster({ gpus: 0 })
    cluster.join('m', { gpus: 1 })
    cluster.lease('running', { gpu: 1 }, 'n')
    cluster.lease('l', { gpu: 1 }, 'n')
    cluster.lose('m')
    cluster.tell({ type: 'timePassed', nowMs: 1000 })
    cluster.tell({ type: 'leaseReturned', leaseId: 'l' })
    cluster.join('o', { gpus: 1 })
    cluster.leased('again', { gpu: 1 }, 'n')
    cluster.lease('later', { gpu: 1 }, 'n')
    cluster.lose('o')
    expect(cluster.tell({ type: 'timePassed', nowMs: 40_000 }).map(({ type }) => type)).not.toContain('refuseLease')
  })
})

describe('a node with books of its own', () => {
  test('may refuse: the request waits for its report, and starts then, without a restart spent', () => {
    const cluster = new Cluster(null)
    cluster.join('m', { cpus: 1, gpus: 1 }, 0, { isRemote: true })
    cluster.create('a', { gpu: 1 })
    expect(cluster.tell({ type: 'workerRefused', workerId: 'm.w1' })).toEqual([{ type: 'publishActor', actorId: 'a' }])
    expect(cluster.view('a')).toMatchObject({ incarnation: 1, restartCount: 0 })
    expect(cluster.lease('l', { cpu: 1 })).toEqual([])
    const held = cluster.tell({ type: 'nodeReported', nodeId: 'm', number: 2, foreign: [] })
    expect(held.map(({ type }) => type)).toEqual(['startWorker', 'startWorker'])
    cluster.bringUp('a', held)
    expect(cluster.fate('a')).toBe('ALIVE')
  })

  test('its spare workers are started when it has reported', () => {
    const cluster = new Cluster(null)
    cluster.join('m', { cpus: 1 }, 1, { isRemote: true })
    cluster.workerReady('m.w1')
    cluster.create('a', {})
    cluster.tell({ type: 'workerRefused', workerId: 'm.w2' })
    cluster.tell({ type: 'workerExited', workerId: 'm.w1', exit: crashed })
    const commands = cluster.tell({ type: 'nodeReported', nodeId: 'm', number: 1, foreign: [] })
    const spare = cluster.state.workers().filter(({ actorIds, isLeased }) => actorIds.length === 0 && !isLeased)
    expect(spare, JSON.stringify(commands)).toHaveLength(1)
  })

  test('what it says twice does not touch what was placed since', () => {
    const cluster = new Cluster(null)
    cluster.join('m', { cpus: 1, gpus: 0 }, 0, { isRemote: true })
    cluster.leased('mine')
    cluster.lease('own', { cpu: 1 }, 'm.w1')
    // A lease of the worker's own tasks ends with it, wherever it is.
    cluster.tell({ type: 'workerRefused', workerId: 'm.w1' })
    expect(cluster.tell({ type: 'nodeReported', nodeId: 'm', number: 1, foreign: [] })).toMatchObject([
      { type: 'startWorker', workerId: 'm.w2' },
    ])
    expect(cluster.workerReady('m.w2')).toMatchObject([{ type: 'grantLease', leaseId: 'mine' }])
    expect(cluster.tell({ type: 'workerRefused', workerId: 'm.w1' })).toEqual([])
    expect(cluster.state.waitingCount).toBe(0)
  })

  test('a light actor that is refused leaves the others of its worker alone', () => {
    const cluster = new Cluster(null)
    cluster.join('m', { cpus: 1 }, 0, { isRemote: true })
    const worker = cluster.alive('a', { isolation: 'shared' })
    cluster.create('b', { isolation: 'shared' })
    cluster.tell({ type: 'actorRefused', actorId: 'b', incarnation: 0 })
    expect(cluster.view('b')).toMatchObject({ state: 'RESTARTING', incarnation: 1, restartCount: 0 })
    expect(cluster.tell({ type: 'nodeReported', nodeId: 'm', number: 1, foreign: [] })).toEqual([
      { type: 'createActor', actorId: 'b', incarnation: 1, workerId: worker, gpuIds: [] },
    ])
    expect(cluster.tell({ type: 'actorRefused', actorId: 'b', incarnation: 0 })).toEqual([])
    expect(cluster.fate('a')).toBe('ALIVE')
  })

  test('what it holds beside is not given out until it says that it is free', () => {
    const cluster = new Cluster(null)
    cluster.join('m', { cpus: 1, gpus: 0 }, 0, { isRemote: true })
    cluster.lease('l', { cpu: 1 })
    cluster.tell({ type: 'workerRefused', workerId: 'm.w1' })
    const demand = { cpu: 10_000, gpuWhole: 0, gpuShare: 0, customNames: [], customUnits: [], uses: 1 }
    expect(cluster.tell({ type: 'nodeReported', nodeId: 'm', number: 1, foreign: [{ demand, gpuIds: [] }] })).toEqual(
      [],
    )
    expect(cluster.free('CPU')).toBe(0)
    expect(cluster.tell({ type: 'nodeReported', nodeId: 'm', number: 1, foreign: [] })).toEqual([])
    expect(cluster.tell({ type: 'nodeReported', nodeId: 'm', number: 2, foreign: [] })).toHaveLength(1)
  })

  test('is told when a lease of its worker is over', () => {
    const cluster = new Cluster(null)
    cluster.join('m', {}, 0, { isRemote: true })
    const workerId = cluster.leased('l')
    expect(cluster.tell({ type: 'leaseReturned', leaseId: 'l' })).toEqual([
      { type: 'closeLease', leaseId: 'l', workerId },
    ])
  })
})

describe('what waits for long', () => {
  test('is told of once, with what it asks, what is free and who holds it', () => {
    const cluster = new Cluster({ cpus: 1, gpus: 1 })
    cluster.alive('holder', { gpu: 1 })
    cluster.create('a', { gpu: 1 })
    cluster.create('b', { gpu: 1 })
    const told = (nowMs: number): string[] =>
      cluster
        .tell({ type: 'timePassed', nowMs })
        .flatMap((command) => (command.type === 'reportPending' ? [command.text] : []))
    expect(told(4000)).toEqual([])
    expect(told(5000)).toEqual([
      'The actor Counter (a), and 1 more that ask the same, waits for 5 s: it asks for {"CPU":1,"GPU":1}; n has free {"CPU":1,"GPU":0} of {"CPU":1,"GPU":1}; held by Counter (holder): {"GPU":1}.',
    ])
    expect(told(20_000)).toEqual([])
  })
})

test('idle workers that are not needed to use all CPUs are let go', () => {
  const cluster = new Cluster({ cpus: 1 })
  const workers = ['a', 'b', 'c'].map((id) => cluster.leased(id, { cpu: 0 }))
  for (const leaseId of ['a', 'b', 'c']) cluster.tell({ type: 'leaseReturned', leaseId })
  expect(cluster.tell({ type: 'timePassed', nowMs: 10_000, mayEndIdle: true })).toEqual([])
  expect(cluster.tell({ type: 'timePassed', nowMs: 10_001, mayEndIdle: true })).toEqual(
    workers.slice(0, 2).map((workerId) => ({ type: 'stopWorker', workerId, isGraceful: true })),
  )
  // The warmest is kept.
  expect(cluster.leased('d')).toBe(workers[2])
})
