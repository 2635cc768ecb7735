import { channelSuite, clusterTransportSuite, MemoryNetwork, type MemoryNetworkOptions } from '@troupe/testing'
import type { ClusterRoom, ClusterTransport, PeerChannel, PeerLink, TransportEvent } from 'troupe/adapter'
import { describe, expect, test } from 'vitest'

const times = { suspectedMs: 60, lostMs: 120 }
const suiteOptions = { ...times, patienceMs: 5000, quietMs: 20, faults: ['cut', 'kill'] } as const

const networks: Readonly<Record<string, MemoryNetworkOptions>> = {
  'a quiet network': {},
  'a network that delays, loses, repeats and reorders': {
    seed: 5,
    delayMs: [0, 6],
    lossProbability: 0.1,
    duplicateProbability: 0.2,
    resendMs: 8,
    bytesPerSecond: 50_000_000,
  },
}

const stageOf = (options: MemoryNetworkOptions) => {
  const network = new MemoryNetwork({ ...times, ...options })
  return {
    transport: () => network.transport(),
    cut: (a: string, b: string) => network.cut(a, b),
    heal: (a: string, b: string) => network.heal(a, b),
    kill: (nodeId: string) => network.kill(nodeId),
  }
}

async function linkOf(options: MemoryNetworkOptions): Promise<readonly [PeerLink, PeerLink]> {
  const network = new MemoryNetwork({ ...times, ...options })
  let seen = (_: PeerLink): void => {}
  const atB = new Promise<PeerLink>((resolve) => {
    seen = resolve
  })
  const join = (nodeId: string, onEvent: (event: TransportEvent) => void) =>
    network.transport().join({ nodeId, epoch: 1, classIds: [], onEvent })
  const a = await join('a', () => {})
  await join('b', (event) => event.type === 'nodeSeen' && seen(event.link))
  return [await a.connect('b'), await atB]
}

describe.each(Object.entries(networks))('MemoryNetwork, %s', (_, options) => {
  for (const { title, run } of clusterTransportSuite(() => stageOf(options), suiteOptions)) test(title, run)

  describe.each(['control', 'bulk'] as const)('the %s channel', (lane) => {
    const open = async () => {
      const [a, b] = await linkOf(options)
      return [a[lane], b[lane]] as const
    }
    for (const { title, run } of channelSuite(open, { quietMs: 20 })) test(title, run)
  })
})

test('the nodes of a role that never coordinates win no term', async () => {
  const network = new MemoryNetwork()
  for (const role of ['worker', 'driver'] as const) {
    const room = await network.transport(role).join({ epoch: 1, classIds: [], onEvent: () => {} })
    expect(await room.claim(1)).toBe(false)
  }
})

type Change = (room: ClusterRoom, events: (event: TransportEvent) => void) => Partial<ClusterRoom>

/** A right transport, but for what a change puts in place of a part of its rooms. */
function faulty(right: ClusterTransport, change: Change): ClusterTransport {
  return {
    async join(request) {
      const room = await right.join(request)
      return new Proxy(room, {
        get(target, key) {
          const changed = change(target, request.onEvent) as Record<PropertyKey, unknown>
          const value = key in changed ? changed[key] : (target as unknown as Record<PropertyKey, unknown>)[key]
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    },
  }
}

const faults: Readonly<Record<string, readonly [failing: string, change: Change]>> = {
  'every claim is won': ['of many claims of one term at once one wins', () => ({ claim: () => Promise.resolve(true) })],
  'a term is forgotten': [
    'a room begins without a term; who claims the first has it, and everybody is told who that is',
    () => ({ highestTerm: () => Promise.resolve({ term: 0 }) }),
  ],
  'each connect makes another link': [
    'there is one link between two nodes, whoever connects, and how often',
    (room) => ({ connect: async (nodeId) => ({ ...(await room.connect(nodeId)) }) }),
  ],
  'goodbyes are losses': [
    'a node that leaves says goodbye: channels close once, nothing comes after, connecting to it rejects',
    (room, tell) => ({
      connect: async (nodeId) => {
        const link = await room.connect(nodeId)
        tell({ type: 'nodeLost', nodeId, reason: 'false alarm' })
        return link
      },
    }),
  ],
  'connecting to nobody waits for ever': [
    'connecting to a node that was never there rejects, and so does what is under way when the room is left',
    () => ({ connect: () => new Promise<PeerLink>(() => {}) }),
  ],
  'messages come twice': [
    'messages of both channels arrive once and in order, both ways at once, empty and large ones too',
    (room) => ({
      connect: async (nodeId) => {
        const link = await room.connect(nodeId)
        const twice = (channel: PeerChannel): PeerChannel =>
          new Proxy(channel, {
            get(target, key) {
              if (key === 'post') return (message: unknown) => [target.post(message), target.post(message)]
              const value = (target as unknown as Record<PropertyKey, unknown>)[key]
              return typeof value === 'function' ? value.bind(target) : value
            },
          })
        return { ...link, control: twice(link.control), bulk: twice(link.bulk) }
      },
    }),
  ],
}

describe('the suite finds what is wrong', () => {
  test.each(Object.entries(faults))('%s', async (_, [failing, change]) => {
    const open = () => {
      const stage = stageOf({})
      return { ...stage, transport: () => faulty(stage.transport(), change) }
    }
    const cases = clusterTransportSuite(open, { ...suiteOptions, patienceMs: 500 })
    const found = cases.find(({ title }) => title === failing)!
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error('it waits for ever')), 1500))
    await expect(Promise.race([found.run(), late])).rejects.toThrow()
  })
})
