import { describe, expect, test } from 'vitest'
import { asked, Cluster, crashed } from './cluster-kit.ts'

describe('fate sharing', () => {
  test('what a realm made ends with it; what is detached lives on', () => {
    const cluster = new Cluster()
    const parent = cluster.alive('parent')
    cluster.alive('child', { creator: parent, holder: parent })
    cluster.alive('held', { creator: parent, holder: 'driver' })
    cluster.alive('detached', { creator: parent, holder: parent, isDetached: true })
    cluster.exited(parent, crashed)
    expect(cluster.view('child').state).toBe('DEAD')
    expect(cluster.view('held').death).toEqual({
      reason: 'OWNER_DIED',
      message: "its owner (n.w1) has ended; create it with lifetime: 'detached' to let it live on",
    })
    expect(cluster.fate('detached')).toBe('ALIVE')
  })

  test('what an actor made ends with it, down to the last', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a')
    const [b, c] = ['a', 'b'].map((creator, i) => cluster.alive('bc'[i]!, { creator }))
    expect(cluster.kill('a')).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'stopWorker', workerId: worker, isGraceful: false },
      { type: 'publishActor', actorId: 'b' },
      { type: 'stopWorker', workerId: b, isGraceful: false },
      { type: 'publishActor', actorId: 'c' },
      { type: 'stopWorker', workerId: c, isGraceful: false },
    ])
    expect(cluster.fate('c')).toBe('DEAD: OWNER_DIED')
  })

  test('what nobody else holds ends for the end of its owner, not for want of handles', () => {
    const cluster = new Cluster({ gpus: 1 })
    const parent = cluster.alive('parent')
    cluster.alive('a', { gpu: 1 })
    cluster.create('waits', { creator: parent, holder: parent, gpu: 1 })
    cluster.exited(parent, crashed)
    expect(cluster.fate('waits')).toBe('DEAD: OWNER_DIED')
  })

  test('what an actor made is pending: it is never made', () => {
    const cluster = new Cluster({ gpus: 1 })
    cluster.alive('a', { gpu: 1 })
    cluster.create('waits', { creator: 'a', gpu: 1 })
    cluster.create('starts', { creator: 'a' })
    cluster.kill('a')
    expect([cluster.fate('waits'), cluster.fate('starts')]).toEqual(['DEAD: OWNER_DIED', 'DEAD: OWNER_DIED'])
    expect(cluster.workerReady('n.w2')).toEqual([])
    expect(cluster.state.waitingCount).toBe(0)
  })

  test('what an actor made ends with that life of it, whoever holds it; its next life makes its own', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a', { maxRestarts: 1 })
    cluster.alive('b', { creator: 'a', holder: 'driver' })
    cluster.alive('c', { creator: 'b', holder: 'driver' })
    cluster.alive('detached', { creator: 'a', holder: 'driver', isDetached: true })
    cluster.bringUp('a', cluster.exited(worker, crashed))
    expect([cluster.fate('a'), cluster.fate('b'), cluster.fate('c')]).toEqual([
      'ALIVE',
      'DEAD: OWNER_DIED',
      'DEAD: OWNER_DIED',
    ])
    cluster.alive('d', { creator: 'a', holder: 'driver' })
    expect([cluster.fate('d'), cluster.fate('detached')]).toEqual(['ALIVE', 'ALIVE'])
  })

  test('a light actor that is made anew leaves what it had made behind, though their worker lives on', () => {
    const cluster = new Cluster()
    cluster.alive('a', { isolation: 'shared', maxRestarts: 1 })
    cluster.alive('b', { creator: 'a', holder: 'driver' })
    cluster.kill('a', true)
    cluster.bringUp('a', cluster.dropped('a'))
    expect([cluster.fate('a'), cluster.fate('b')]).toEqual(['ALIVE', 'DEAD: OWNER_DIED'])
  })
})

describe('holders', () => {
  test('the last release ends it gracefully, whoever was first', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a')
    const other = cluster.alive('other')
    cluster.grant('a', other, 2)
    expect(cluster.release('a', 'driver')).toEqual([])
    expect(cluster.release('a', other)).toEqual([])
    const death = { reason: 'OUT_OF_SCOPE', message: 'its last handle was released' }
    expect(cluster.release('a', other)).toEqual([
      { type: 'dismissActor', actorId: 'a', incarnation: 0, workerId: worker, death },
    ])
    cluster.ended('a')
    expect(cluster.fate('a')).toBe('DEAD: INTENDED_USER_EXIT')
  })

  test('a release that overtakes its grant is remembered', () => {
    const cluster = new Cluster()
    cluster.alive('a')
    const [x, y] = [cluster.alive('x'), cluster.alive('y')]
    cluster.grant('a', x)
    // x passes its handle to y; y has already let it go when x's grant arrives.
    expect(cluster.release('a', y)).toEqual([])
    expect(cluster.release('a', 'driver')).toEqual([])
    expect(cluster.grant('a', y)).toEqual([])
    expect(cluster.fate('a')).toBe('ALIVE')
    expect(cluster.release('a', x)).toMatchObject([{ type: 'dismissActor' }])
  })

  test('a release that overtakes the creation is remembered too', () => {
    const cluster = new Cluster()
    const [x, y] = [cluster.alive('x'), cluster.alive('y')]
    // x makes an actor and passes its handle straight to y, which lets it go before the coordinator hears of x.
    cluster.release('a', y)
    cluster.alive('a', { creator: x, holder: x })
    cluster.grant('a', y)
    expect(cluster.release('a', x)).toMatchObject([{ type: 'dismissActor', actorId: 'a' }])
  })

  test('what a realm said of an actor before its creation was heard of ends with the realm', () => {
    const cluster = new Cluster()
    const [x, y] = [cluster.alive('x'), cluster.alive('y')]
    cluster.release('a', y)
    cluster.exited(y, crashed)
    cluster.alive('a', { creator: x, holder: x })
    cluster.grant('a', y)
    expect(cluster.release('a', x)).toMatchObject([{ type: 'dismissActor', actorId: 'a' }])
  })

  test('a realm that ends lets go of everything, though its counts are open', () => {
    const cluster = new Cluster()
    cluster.alive('a')
    const x = cluster.alive('x')
    cluster.grant('a', x, 5)
    cluster.release('a', 'driver')
    expect(cluster.exited(x, crashed)).toContainEqual(expect.objectContaining({ type: 'dismissActor', actorId: 'a' }))
  })

  test('a grant to a realm that has ended holds nothing', () => {
    const cluster = new Cluster()
    cluster.alive('a')
    const [x, y] = [cluster.alive('x'), cluster.alive('y')]
    cluster.grant('a', x)
    cluster.exited(y, crashed)
    // x had passed its handle to y before it knew.
    cluster.grant('a', y)
    cluster.release('a', 'driver')
    expect(cluster.release('a', x)).toMatchObject([{ type: 'dismissActor', actorId: 'a' }])
  })

  test('a detached actor lives without holders', () => {
    const cluster = new Cluster()
    cluster.alive('a', { isDetached: true, name: 'x' })
    expect(cluster.release('a', 'driver')).toEqual([])
    cluster.tell({ type: 'ownerEnded', owner: 'driver' })
    expect(cluster.fate('a')).toBe('ALIVE')
    expect(cluster.state.findName('default', 'x')).toBe('a')
  })

  test('an actor that nobody holds while it is made is made, then ended', () => {
    const cluster = new Cluster()
    cluster.create('a')
    expect(cluster.release('a', 'driver')).toEqual([])
    cluster.workerReady('n.w1')
    expect(cluster.started('a').map(({ type }) => type)).toEqual(['publishActor', 'dismissActor'])
  })

  test('grants and releases after its end change nothing', () => {
    const cluster = new Cluster()
    const worker = cluster.alive('a')
    cluster.kill('a')
    cluster.exited(worker)
    for (const commands of [cluster.grant('a', 'driver', 3), cluster.release('a', 'driver', 4)])
      expect(commands).toEqual([])
  })
})

describe('the dead are remembered for a while', () => {
  test('long enough for the end of their workers', () => {
    const cluster = new Cluster({ gpus: 1 })
    const worker = cluster.alive('a', { gpu: 1 })
    cluster.kill('a')
    for (let i = 0; i < 1100; i++) cluster.create(`refused${i}`, { gpu: 7 })
    expect(() => cluster.exited(worker)).not.toThrow()
    expect(cluster.free('GPU')).toBe(1)
  })

  test('and no longer than that', () => {
    const cluster = new Cluster()
    for (let i = 0; i < 3000; i++) cluster.create(`refused${i}`, { gpu: 7 })
    expect(cluster.state.actors().length).toBeLessThanOrEqual(1000)
    expect(cluster.state.actor('refused0')).toBeUndefined()
    expect(cluster.fate('refused2999')).toBe('DEAD: UNSCHEDULABLE')
  })
})

describe('light actors', () => {
  const light = { isolation: 'shared' } as const

  test('share workers, up to one a CPU, then the least filled', () => {
    const cluster = new Cluster({ cpus: 2 })
    const workers = ['a', 'b', 'c', 'd'].map((id) => cluster.alive(id, light))
    expect(workers).toEqual(['n.w1', 'n.w2', 'n.w1', 'n.w2'])
    cluster.kill('b')
    cluster.dropped('b')
    expect(cluster.alive('e', light)).toBe('n.w2')
  })

  test('are not put beside an actor that has a worker of its own, nor beside tasks', () => {
    const cluster = new Cluster({ cpus: 1 })
    const own = cluster.alive('own')
    const tasks = cluster.leased('l')
    const shared = cluster.alive('a', light)
    expect(new Set([own, tasks, shared]).size).toBe(3)
    cluster.tell({ type: 'leaseReturned', leaseId: 'l' })
    expect(cluster.alive('b', light)).toBe(shared)
    expect(cluster.leased('l2')).toBe(tasks)
  })

  test('kill drops one and leaves the others; what it had is free at once', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.alive('a', { ...light, custom: {}, gpu: 0.5 })
    cluster.alive('b', light)
    expect(cluster.kill('a')).toEqual([
      { type: 'dropActor', actorId: 'a', incarnation: 0, workerId: 'n.w1' },
      { type: 'publishActor', actorId: 'a' },
    ])
    expect(cluster.free('GPU')).toBe(1.5)
    cluster.dropped('a')
    expect(cluster.free('GPU')).toBe(2)
    expect(cluster.fate('b')).toBe('ALIVE')
  })

  test('kill with noRestart: false makes it anew', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.alive('a', { ...light, maxRestarts: 1 })
    expect(cluster.kill('a', true)).toEqual([
      { type: 'dropActor', actorId: 'a', incarnation: 0, workerId: 'n.w1' },
      { type: 'publishActor', actorId: 'a' },
    ])
    expect(cluster.fate('a')).toBe('RESTARTING')
    // Its next life begins when the last one is over.
    expect(cluster.dropped('a')).toEqual([
      { type: 'publishActor', actorId: 'a' },
      { type: 'createActor', actorId: 'a', incarnation: 1, workerId: 'n.w1', gpuIds: [] },
    ])
    expect(cluster.dropped('a')).toEqual([])
    cluster.started('a', 1)
    expect(cluster.fate('a')).toBe('ALIVE')
  })

  test('a graceful end leaves the worker to the others', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.alive('a', light)
    cluster.alive('b', light)
    cluster.dismiss('a')
    expect(cluster.ended('a')).toEqual([{ type: 'publishActor', actorId: 'a' }])
    expect(cluster.view('a')).toMatchObject({ state: 'DEAD', death: asked })
    expect(cluster.fate('b')).toBe('ALIVE')
  })

  test('a worker that dies takes all of them; each has its own restarts', () => {
    const cluster = new Cluster({ cpus: 1 })
    cluster.alive('a', light)
    cluster.alive('b', { ...light, maxRestarts: 1, gpu: 0.5 })
    cluster.alive('child', { ...light, creator: 'a', gpu: 0.5 })
    cluster.create('c', { ...light, maxRestarts: 1 })
    cluster.bringUp('b', cluster.exited('n.w1', crashed))
    cluster.started('c', 1)
    expect(['a', 'b', 'child', 'c'].map((id) => cluster.fate(id))).toEqual([
      'DEAD: WORKER_DIED',
      'ALIVE',
      'DEAD: OWNER_DIED',
      'ALIVE',
    ])
    expect(cluster.free('GPU')).toBe(1.5)
  })
})
